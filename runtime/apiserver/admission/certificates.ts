import type { CertificateSigningRequest, KubeObject } from '../../api/kinds';
import { DerError } from '../../der';
import { deepEqual } from '../../api/equality';
import type { AdmissionAttributes, AdmissionPlugin, Authorizer } from '../request';
import { requestSubject } from './certificate-request';
import type { RequestSubject } from './certificate-request';
import { forbidden, isFor, kinds, quote } from './kit';

/** Who may act for a signer: by its name, or by `domain/*`. */
function mayUseSigner(authorizer: Authorizer, { user }: AdmissionAttributes, verb: string, signer: string): boolean {
  const allowed = (name: string) =>
    authorizer.authorize(user, {
      isResourceRequest: true,
      path: '',
      verb,
      group: 'certificates.k8s.io',
      version: '*',
      namespace: '',
      resource: 'signers',
      subresource: '',
      name,
    }).allowed;
  return allowed(signer) || allowed(`${signer.slice(0, Math.max(0, signer.indexOf('/')))}/*`);
}

const signerOf = (request: CertificateSigningRequest) => request.spec?.signerName ?? '';

export function certificateApproval(authorizer: Authorizer): AdmissionPlugin {
  return {
    name: 'CertificateApproval',
    validate(attributes) {
      if (attributes.operation !== 'UPDATE' || !isFor(attributes, kinds.certificateSigningRequests, 'approval')) return;
      const signer = signerOf(attributes.oldObject as CertificateSigningRequest);
      if (mayUseSigner(authorizer, attributes, 'approve', signer)) return;
      throw forbidden(attributes, `user not permitted to approve requests with signerName ${quote(signer)}`);
    },
  };
}

export function certificateSigning(authorizer: Authorizer): AdmissionPlugin {
  return {
    name: 'CertificateSigning',
    validate(attributes) {
      if (attributes.operation !== 'UPDATE' || !isFor(attributes, kinds.certificateSigningRequests, 'status')) return;
      const old = attributes.oldObject as CertificateSigningRequest;
      const { status } = attributes.object as CertificateSigningRequest;
      if (
        status?.certificate === old.status?.certificate &&
        deepEqual(status?.conditions ?? [], old.status?.conditions ?? [])
      )
        return;
      const signer = signerOf(old);
      if (mayUseSigner(authorizer, attributes, 'sign', signer)) return;
      throw forbidden(attributes, `user not permitted to sign requests with signerName ${quote(signer)}`);
    },
  };
}

export function clusterTrustBundleAttest(authorizer: Authorizer): AdmissionPlugin {
  return {
    name: 'ClusterTrustBundleAttest',
    validate(attributes) {
      const { operation } = attributes;
      if ((operation !== 'CREATE' && operation !== 'UPDATE') || !isFor(attributes, kinds.clusterTrustBundles)) return;
      const signer = (attributes.object as KubeObject & { spec?: { signerName?: string } }).spec?.signerName ?? '';
      if (signer === '' || mayUseSigner(authorizer, attributes, 'attest', signer)) return;
      throw forbidden(attributes, `user not permitted to attest for signerName ${quote(signer)}`);
    },
  };
}

const clientSigner = 'kubernetes.io/kube-apiserver-client';

/** Nobody becomes master of the cluster by way of a certificate. */
export const certificateSubjectRestriction: AdmissionPlugin = {
  name: 'CertificateSubjectRestriction',
  validate(attributes) {
    if (attributes.operation !== 'CREATE' || !isFor(attributes, kinds.certificateSigningRequests)) return;
    const { spec } = attributes.object as CertificateSigningRequest;
    if (spec?.signerName !== clientSigner) return;
    if (!parseSubject(attributes, spec.request).organizations.includes('system:masters')) return;
    throw forbidden(attributes, `use of ${clientSigner} signer with system:masters group is not allowed`);
  },
};

/** Of what can't be read nothing can be said, so it is refused. */
export function parseSubject(attributes: AdmissionAttributes, request: string): RequestSubject {
  try {
    return requestSubject(request);
  } catch (error) {
    if (error instanceof DerError) throw forbidden(attributes, `unable to parse csr: ${error.message}`);
    throw error;
  }
}
