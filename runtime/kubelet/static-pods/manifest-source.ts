import { createHash } from 'node:crypto';
import { watch, type FSWatcher } from 'node:fs';
import { mkdir, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseAllDocuments } from 'yaml';
import type { Pod } from '../../api/kinds';
import type { Clock } from '../../clock';
import type { Logger } from '../../log';
import { configHash, configSource, type KubeletPod } from '../pods/pod-spec';

export interface ManifestSourceOptions {
  folder: string;
  nodeName: string;
  clock: Clock;
  logger: Logger;
  /** All static pods that there are, each time that something changed. */
  changed(pods: KubeletPod[]): void;
}

/** Upstream's fileCheckFrequency; changes are mostly seen at once. */
const rescanMs = 20_000;
const settleMs = 50;

/** Pods out of a folder of manifests. A file that can't be read is logged and left out. */
export class ManifestSource {
  private watcher: FSWatcher | undefined;
  private cancel: () => void = () => {};
  private stopped = false;
  private last = '';

  constructor(private readonly options: ManifestSourceOptions) {}

  async start(): Promise<void> {
    await mkdir(this.options.folder, { recursive: true });
    this.watcher = watch(this.options.folder, () => this.scanIn(settleMs));
    this.watcher.on('error', (error) =>
      this.options.logger.warn({ error: error.message }, 'static pods are only looked for every few seconds'),
    );
    await this.scan();
  }

  stop(): void {
    this.stopped = true;
    this.watcher?.close();
    this.cancel();
  }

  private scanIn(milliseconds: number): void {
    if (this.stopped) return;
    this.cancel();
    this.cancel = this.options.clock.after(milliseconds, () => void this.scan());
  }

  private async scan(): Promise<void> {
    const pods = new Map<string, KubeletPod>();
    for (const name of (await readdir(this.options.folder).catch(() => [])).sort()) {
      if (name.startsWith('.')) continue;
      const file = join(this.options.folder, name);
      try {
        const pod = staticPod(await readFile(file, 'utf8'), file, this.options.nodeName);
        if (pod) pods.set(pod.metadata.uid, pod);
      } catch (error) {
        this.options.logger.warn({ file, error: (error as Error).message }, 'static pod manifest not read');
      }
    }
    const state = JSON.stringify([...pods.values()]);
    if (state !== this.last) {
      this.last = state;
      this.options.changed([...pods.values()]);
    }
    this.scanIn(rescanMs);
  }
}

/** A pod out of a manifest: named for the node, its uid made from file and content. Undefined for an empty file. */
export function staticPod(text: string, file: string, nodeName: string): KubeletPod | undefined {
  const pod = parseAllDocuments(text)[0]?.toJS() as Pod | null | undefined;
  if (!pod) return undefined;
  if (pod.kind !== 'Pod' || !pod.spec?.containers?.length || !pod.metadata?.name)
    throw new Error('not the manifest of a Pod');
  const uid =
    pod.metadata.uid ??
    createHash('md5').update(`host:${nodeName}file:${file}`).update(JSON.stringify(pod)).digest('hex');
  return {
    ...pod,
    apiVersion: 'v1',
    metadata: {
      ...pod.metadata,
      name: `${pod.metadata.name.toLowerCase()}-${nodeName.toLowerCase()}`,
      namespace: pod.metadata.namespace || 'default',
      uid,
      resourceVersion: '0',
      creationTimestamp: pod.metadata.creationTimestamp ?? '1970-01-01T00:00:00Z',
      annotations: { ...pod.metadata.annotations, [configHash]: uid, [configSource]: 'file' },
    },
    spec: withDefaults(pod.spec, nodeName),
  };
}

/** What the API server would fill in, and the toleration that keeps static pods on their node. */
function withDefaults(spec: NonNullable<Pod['spec']>, nodeName: string): NonNullable<Pod['spec']> {
  return {
    restartPolicy: 'Always',
    dnsPolicy: 'ClusterFirst',
    terminationGracePeriodSeconds: 30,
    enableServiceLinks: true,
    securityContext: {},
    schedulerName: 'default-scheduler',
    ...spec,
    nodeName,
    tolerations: [...(spec.tolerations ?? []), { effect: 'NoExecute', operator: 'Exists' }],
  };
}
