import type { AuthenticationV1TokenRequest, Pod, ServiceAccount } from '../../api/kinds';
import type { ResourceClient } from '../../client/client';
import type { Clock } from '../../clock';

interface Cached {
  token: string;
  /** When a new one is asked for: at 80% of its life, and after a day at the latest. */
  renewAt: number;
  expiresAt: number;
}

const renewAfterShare = 0.8;
const longestUseMs = 24 * 3600 * 1000;

/** Tokens for pods out of TokenRequest, kept until they are to be renewed (pkg/kubelet/token). */
export class TokenManager {
  private readonly cache = new Map<string, Cached>();

  constructor(
    private readonly accounts: ResourceClient<ServiceAccount>,
    private readonly clock: Clock,
  ) {}

  async token(pod: Pod, audience: string | undefined, expirationSeconds: number): Promise<string> {
    const { namespace = 'default', name = '', uid = '' } = pod.metadata;
    const key = `${uid}/${audience ?? ''}/${expirationSeconds}`;
    const known = this.cache.get(key);
    if (known && this.clock.now() < known.renewAt) return known.token;
    try {
      const fresh = await this.request(namespace, pod.spec?.serviceAccountName ?? 'default', {
        spec: {
          audiences: audience ? [audience] : [],
          expirationSeconds,
          boundObjectRef: { apiVersion: 'v1', kind: 'Pod', name, uid },
        },
      });
      this.cache.set(key, fresh);
      return fresh.token;
    } catch (error) {
      // An old token is good until it expires.
      if (known && this.clock.now() < known.expiresAt) return known.token;
      throw error;
    }
  }

  /** When the next token of this pod is due; undefined without any. */
  nextRenewal(uid: string): number | undefined {
    const due = [...this.cache].filter(([key]) => key.startsWith(`${uid}/`)).map(([, { renewAt }]) => renewAt);
    return due.length > 0 ? Math.min(...due) : undefined;
  }

  forget(uid: string): void {
    for (const key of this.cache.keys()) if (key.startsWith(`${uid}/`)) this.cache.delete(key);
  }

  private async request(
    namespace: string,
    account: string,
    body: Pick<AuthenticationV1TokenRequest, 'spec'>,
  ): Promise<Cached> {
    const request = { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest', metadata: {}, ...body };
    const { status } = await this.accounts.subresource<AuthenticationV1TokenRequest>(
      'POST',
      account,
      namespace,
      'token',
      request,
    );
    const expiresAt = Date.parse(status?.expirationTimestamp ?? '');
    const now = this.clock.now();
    const lifeMs = expiresAt - now;
    return { token: status?.token ?? '', expiresAt, renewAt: now + Math.min(lifeMs * renewAfterShare, longestUseMs) };
  }
}
