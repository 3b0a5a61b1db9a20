import type { ConfigMap, Namespace, ServiceAccount } from '../../api/kinds';
import { isStatusError } from '../../api/status';
import type { Informer } from '../../client/client';
import { ControllerBase } from '../kit/context';
import type { Context, StartController } from '../kit/context';
import type { Loop } from '../kit/loop';
import { isNamespaceTerminating } from '../kit/pod-control';
import { resources } from '../kit/resources';

async function unlessExists(create: Promise<unknown>): Promise<void> {
  try {
    await create;
  } catch (error) {
    if (!isStatusError(error, 'AlreadyExists') && !isNamespaceTerminating(error) && !isStatusError(error, 'NotFound')) throw error;
  }
}

/** Every namespace has a service account `default`. */
class ServiceAccountsController extends ControllerBase {
  private readonly namespaces: Informer<Namespace>;
  private readonly accounts: Informer<ServiceAccount>;
  private readonly queue: Loop;

  constructor(context: Context) {
    super(context);
    this.queue = this.loop({ name: 'serviceaccount-controller', reconcile: (name) => this.reconcile(name) });
    this.accounts = this.watch<ServiceAccount>(resources.serviceAccounts, {
      deleted: ({ metadata }) => this.queue.add(metadata.namespace ?? ''),
    });
    this.namespaces = this.watch<Namespace>(resources.namespaces, {
      added: ({ metadata }) => this.queue.add(metadata.name),
      updated: ({ metadata }) => this.queue.add(metadata.name),
    });
  }

  private async reconcile(namespace: string): Promise<void> {
    const found = this.namespaces.get(namespace);
    if (!found || found.metadata.deletionTimestamp || this.accounts.get('default', namespace)) return;
    const account = { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'default', namespace } };
    await unlessExists(this.context.client.resource<ServiceAccount>(resources.serviceAccounts).create(account));
  }
}

const ROOT_CA = 'kube-root-ca.crt';
const DESCRIPTION = {
  'kubernetes.io/description':
    'Contains a CA bundle that can be used to verify the kube-apiserver when using internal endpoints such as the internal service IP or ' +
    'kubernetes.default.svc. No other usage is guaranteed across distributions of Kubernetes clusters.',
};

/** Every namespace has the certificate authority that pods verify the API server with. */
class RootCaPublisher extends ControllerBase {
  private readonly namespaces: Informer<Namespace>;
  private readonly maps: Informer<ConfigMap>;
  private readonly queue: Loop;

  constructor(context: Context, private readonly rootCaPem: string) {
    super(context);
    this.queue = this.loop({ name: 'root-ca-certificate-publisher-controller', reconcile: (name) => this.reconcile(name) });
    this.maps = this.watchAll<ConfigMap>(resources.configMaps, ({ metadata }) => {
      if (metadata.name === ROOT_CA) this.queue.add(metadata.namespace ?? '');
    });
    this.namespaces = this.watch<Namespace>(resources.namespaces, {
      added: ({ metadata }) => this.queue.add(metadata.name),
      updated: ({ metadata }) => this.queue.add(metadata.name),
    });
  }

  private async reconcile(namespace: string): Promise<void> {
    const found = this.namespaces.get(namespace);
    if (!found || found.metadata.deletionTimestamp) return;
    const client = this.context.client.resource<ConfigMap>(resources.configMaps);
    const existing = this.maps.get(ROOT_CA, namespace);
    const data = { 'ca.crt': this.rootCaPem };
    if (!existing) {
      const metadata = { name: ROOT_CA, namespace, annotations: DESCRIPTION };
      return unlessExists(client.create({ apiVersion: 'v1', kind: 'ConfigMap', metadata, data }));
    }
    const described = Object.keys(existing.metadata.annotations ?? {}).includes('kubernetes.io/description');
    const same = described && Object.keys(existing.data ?? {}).length === 1 && existing.data?.['ca.crt'] === this.rootCaPem;
    if (same) return;
    const annotations = { ...existing.metadata.annotations, ...DESCRIPTION };
    await client.update({ ...existing, metadata: { ...existing.metadata, annotations }, data });
  }
}

export const startServiceAccounts: StartController = (context) => new ServiceAccountsController(context).start();
export const startRootCaPublisher: StartController = (context) => {
  const { rootCaPem } = context.options;
  return rootCaPem ? new RootCaPublisher(context, rootCaPem).start() : { stop: async () => {} };
};
