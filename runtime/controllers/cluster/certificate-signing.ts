import type { CertificateSigningRequest, Live } from '../../api/kinds';
import type { Informer, ResourceClient } from '../../client/client';
import { ControllerBase, messageOf, timestamp } from '../kit/context';
import type { CertificateSigner, Context, StartController } from '../kit/context';
import type { Loop } from '../kit/loop';
import { resources } from '../kit/resources';

type Asked = ReturnType<CertificateSigner['read']>;
type Rule = (asked: Asked, usages: readonly string[]) => string | undefined;

const yearSeconds = 365 * 24 * 3600;

const only = (usages: readonly string[], needed: string): string | undefined => {
  const allowed = ['digital signature', 'key encipherment', needed];
  return usages.includes(needed) && usages.every((usage) => allowed.includes(usage))
    ? undefined
    : `usages did not match [${allowed.join(' ')}]`;
};

const ofNode = ({ commonName, organizations }: Asked): string | undefined => {
  if (organizations.length !== 1 || organizations[0] !== 'system:nodes') return 'subject organization is not system:nodes';
  return commonName.startsWith('system:node:') ? undefined : 'subject common name does not begin with system:node:';
};

/** What each of Kubernetes' own signers signs (pkg/controller/certificates/signer). */
const signers: Readonly<Record<string, Rule>> = {
  'kubernetes.io/kube-apiserver-client': (_asked, usages) => only(usages, 'client auth'),
  'kubernetes.io/kube-apiserver-client-kubelet': (asked, usages) => {
    const { dns, ip, email, uri } = asked.names;
    return ofNode(asked) ?? (dns + ip + email + uri > 0 ? 'subject alternative names are not allowed' : only(usages, 'client auth'));
  },
  'kubernetes.io/kubelet-serving': (asked, usages) => {
    const { dns, ip, email, uri } = asked.names;
    if (dns + ip === 0) return 'DNS or IP subjectAltName is required';
    return ofNode(asked) ?? (email + uri > 0 ? 'e-mail and URI subjectAltNames are not allowed' : only(usages, 'server auth'));
  },
  'kubernetes.io/legacy-unknown': () => undefined,
};

const has = ({ status }: CertificateSigningRequest, type: string): boolean =>
  status?.conditions?.some((condition) => condition.type === type) ?? false;

/** Signs approved requests of the cluster's own signers, or says why they can't be. */
class CertificateSigning extends ControllerBase {
  private readonly requests: Informer<CertificateSigningRequest>;
  private readonly client: ResourceClient<CertificateSigningRequest>;
  private readonly queue: Loop;

  constructor(context: Context, private readonly signer: CertificateSigner) {
    super(context);
    this.client = context.client.resource<CertificateSigningRequest>(resources.certificateSigningRequests);
    this.queue = this.loop({ name: 'certificatesigningrequest-signing-controller', reconcile: (name) => this.reconcile(name) });
    this.requests = this.watchAll<CertificateSigningRequest>(resources.certificateSigningRequests, ({ metadata }) =>
      this.queue.add(metadata.name));
  }

  private async reconcile(name: string): Promise<void> {
    const found = this.requests.get(name);
    const rule = found && signers[found.spec.signerName];
    if (!found || !rule || found.status?.certificate || !has(found, 'Approved') || has(found, 'Denied') || has(found, 'Failed')) return;
    await this.client.updateStatus({ ...found, status: { ...found.status, ...this.outcome(found, rule) } });
  }

  private outcome(
    { spec, status }: Live<CertificateSigningRequest>, rule: Rule,
  ): NonNullable<CertificateSigningRequest['status']> {
    const usages = spec.usages ?? [];
    try {
      const pem = Buffer.from(spec.request, 'base64').toString();
      const problem = rule(this.signer.read(pem), usages);
      if (problem) throw new Error(problem);
      const lifetime = Math.min(spec.expirationSeconds ?? yearSeconds, yearSeconds) * 1000;
      return { certificate: Buffer.from(this.signer.sign(pem, { usages, lifetime })).toString('base64') };
    } catch (error) {
      const now = timestamp(this.context.clock);
      const failed = { type: 'Failed', status: 'True', reason: 'SignerValidationFailure', message: messageOf(error) };
      return { conditions: [...(status?.conditions ?? []), { ...failed, lastUpdateTime: now, lastTransitionTime: now }] };
    }
  }
}

const idle = { stop: async () => {} };

export const startCertificateSigning: StartController = (context) => {
  const { certificates } = context.options;
  return certificates ? new CertificateSigning(context, certificates).start() : idle;
};
