import type { ApiServerComponents, ApiServerInternals } from '../apiserver/server';
import { createAuthenticator, impersonate, openIdDocuments, selfSubjectReview, tokenRequest, tokenReview, TokenSigner } from '../apiserver/authentication';
import type { ClusterCertificates } from './certificates';
import type { ClusterConfig } from './config';
import type { NodeEndpoint } from './nodes/node-host';

/** Of tokens for the API server itself, and the issuer of all. */
const issuer = 'https://kubernetes.default.svc.cluster.local';

export interface ApiComponentsOptions {
  certificates: ClusterCertificates;
  config: ClusterConfig;
  nodeEndpoint(name: string): Promise<NodeEndpoint | undefined>;
}

/** Who may do what in a cluster, and how the API server reaches its nodes. */
export function apiComponents({ lister, clock }: ApiServerInternals, { certificates }: ApiComponentsOptions): ApiServerComponents {
  const signer = new TokenSigner({ issuer, ...certificates.serviceAccount }, clock);
  const audiences = [issuer];
  const authenticator = createAuthenticator({ lister, clock, signer, audiences });
  return {
    authenticator,
    authorizer: { authorize: () => ({ allowed: true }) },
    impersonate,
    virtualResources: new Map([
      ['authentication.k8s.io/tokenreviews', tokenReview(authenticator, audiences)],
      ['authentication.k8s.io/selfsubjectreviews', selfSubjectReview(clock)],
    ]),
    subresourceHandlers: new Map([['/serviceaccounts/token', tokenRequest(signer, lister, audiences, clock)]]),
    documents: openIdDocuments(signer),
  };
}
