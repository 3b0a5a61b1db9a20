import { resolve } from 'node:path';
import { startControlPlane } from '../../cluster/control-plane';
import { Progress } from '../../cluster/progress';
import { UserError } from '../output';
import { componentLogger, runUntilSignal } from './process';

interface ApiServerFlags {
  dataDir: string;
  bindAddress: string;
  port: number;
  store: 'embedded' | 'etcd';
  etcdServers?: string;
}

/** An API server without scheduler and controllers: others connect with the kubeconfig that it prints the place of. */
export async function runApiServer({ dataDir, bindAddress, port, store, etcdServers }: ApiServerFlags): Promise<void> {
  if (store === 'etcd' && !etcdServers) throw new UserError('--store etcd needs --etcd-servers');
  const folder = resolve(dataDir);
  const controlPlane = await startControlPlane({
    config: {
      version: 1, name: 'apiserver', dataDir: folder, runtime: 'simulated', port, kubeconfig: resolve(folder, 'kubeconfig'), nodes: [], nodeCpu: '1', nodeMemory: '1Gi',
      store: store === 'etcd' ? { type: 'etcd', servers: etcdServers?.split(',') ?? [], prefix: '/podium' } : { type: 'embedded' },
    },
    components: false,
    bindAddress,
    nodeServerHost: bindAddress,
    nodeEndpoint: async () => undefined,
    dial: async () => {
      throw new Error('no node is known');
    },
    logger: componentLogger('apiserver'),
    progress: new Progress(),
  });
  process.stderr.write(`API server at ${controlPlane.server}; kubeconfig: ${resolve(folder, 'kubeconfig')}\n`);
  await runUntilSignal(() => controlPlane.close());
}
