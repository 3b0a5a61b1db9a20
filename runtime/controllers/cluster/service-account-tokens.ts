import type { AuthenticationV1TokenRequest as TokenRequest, Live, Secret, ServiceAccount } from '../../api/kinds';
import { isStatusError } from '../../api/status';
import type { Informer } from '../../client/client';
import { ControllerBase, keyOf, splitKey } from '../kit/context';
import type { Context, StartController } from '../kit/context';
import type { Loop } from '../kit/loop';
import { resources } from '../kit/resources';

const ACCOUNT_NAME = 'kubernetes.io/service-account.name';
const ACCOUNT_UID = 'kubernetes.io/service-account.uid';
/** The longest that the API server gives, which stands for ever: such tokens end with their secret. */
const LIFETIME_SECONDS = 2 ** 32;

/** Secrets of the type of service account tokens are filled with one, and go when their account is gone. */
class ServiceAccountTokensController extends ControllerBase {
  private readonly secrets: Informer<Secret>;
  private readonly queue: Loop;

  constructor(context: Context) {
    super(context);
    this.queue = this.loop({ name: 'serviceaccount-token-controller', reconcile: (key) => this.reconcile(key) });
    this.secrets = this.watch<Secret>(resources.secrets, {
      added: (secret) => this.consider(secret),
      updated: (secret) => this.consider(secret),
    });
    const considerAll = ({ metadata }: ServiceAccount): void => {
      for (const secret of this.secrets.list(metadata.namespace)) this.consider(secret);
    };
    this.watch<ServiceAccount>(resources.serviceAccounts, { deleted: considerAll });
  }

  private consider(secret: Secret): void {
    if (secret.type === 'kubernetes.io/service-account-token') this.queue.add(keyOf(secret));
  }

  private async reconcile(key: string): Promise<void> {
    const { namespace, name } = splitKey(key);
    const secret = this.secrets.get(name, namespace);
    const accountName = secret?.metadata.annotations?.[ACCOUNT_NAME];
    if (!secret || !accountName || secret.metadata.deletionTimestamp) return;
    const account = await this.account(accountName, namespace, secret.metadata.annotations?.[ACCOUNT_UID]);
    await (account ? this.fill(secret, account) : this.remove(secret)).catch((error: unknown) => {
      if (!isStatusError(error, 'NotFound')) throw error;
    });
  }

  private async account(name: string, namespace: string | undefined, uid: string | undefined): Promise<Live<ServiceAccount> | undefined> {
    try {
      const account = await this.context.client.resource<ServiceAccount>(resources.serviceAccounts).get(name, namespace);
      return !uid || account.metadata.uid === uid ? account : undefined;
    } catch (error) {
      if (isStatusError(error, 'NotFound')) return undefined;
      throw error;
    }
  }

  private remove({ metadata: { name, namespace, uid } }: Live<Secret>): Promise<void> {
    return this.context.client.resource<Secret>(resources.secrets).delete(name, namespace, { preconditions: { uid } });
  }

  private async fill(secret: Live<Secret>, account: Live<ServiceAccount>): Promise<void> {
    const { rootCaPem } = this.context.options;
    const { namespace = '', annotations } = secret.metadata;
    const wanted = { ...(rootCaPem && { 'ca.crt': base64(rootCaPem) }), namespace: base64(namespace) };
    const data: Record<string, string> = { ...secret.data, ...wanted };
    const filled = data['token'] && annotations?.[ACCOUNT_UID] === account.metadata.uid;
    if (filled && Object.entries(wanted).every(([field, value]) => secret.data?.[field] === value)) return;
    data['token'] ??= base64(await this.token(secret, account));
    await this.context.client.resource<Secret>(resources.secrets).update({
      ...secret, data, metadata: { ...secret.metadata, annotations: { ...annotations, [ACCOUNT_UID]: account.metadata.uid } },
    });
  }

  private async token({ metadata: { name, uid } }: Live<Secret>, account: Live<ServiceAccount>): Promise<string> {
    const request: TokenRequest = {
      apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest', metadata: {},
      spec: { audiences: [], expirationSeconds: LIFETIME_SECONDS, boundObjectRef: { apiVersion: 'v1', kind: 'Secret', name, uid } },
    };
    const answer = await this.context.client.resource<ServiceAccount>(resources.serviceAccounts)
      .subresource<TokenRequest>('POST', account.metadata.name, account.metadata.namespace, 'token', request);
    return answer.status?.token ?? '';
  }
}

const base64 = (text: string): string => Buffer.from(text).toString('base64');

export const startServiceAccountTokens: StartController = (context) => new ServiceAccountTokensController(context).start();
