import type { TokenSigner } from './service-account-tokens';

interface Document {
  contentType: string;
  body: string;
}

/** What lets others check service account tokens (KEP-1393): the discovery document and the keys. */
export function openIdDocuments(signer: TokenSigner): Map<string, () => Document> {
  const { issuer } = signer.keys;
  const configuration = {
    issuer,
    jwks_uri: `${issuer}/openid/v1/jwks`,
    response_types_supported: ['id_token'],
    subject_types_supported: ['public'],
    id_token_signing_alg_values_supported: ['ES256'],
  };
  return new Map([
    ['/.well-known/openid-configuration', () => ({ contentType: 'application/json', body: JSON.stringify(configuration) })],
    ['/openid/v1/jwks', () => ({ contentType: 'application/jwk-set+json', body: JSON.stringify(signer.jwks()) })],
  ]);
}
