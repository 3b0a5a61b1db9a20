import type { Live, Node, Pod } from '../../api/kinds';
import { isStatusError } from '../../api/status';
import type { ResourceClient } from '../../client/client';
import type { Logger } from '../../log';
import { configHash, configMirror, type KubeletPod, podKey } from '../pods/pod-spec';

/** Pods that stand for static pods on the API server: made when missing, replaced when they are out of date. */
export class MirrorPods {
  private readonly known = new Map<string, Live<Pod>>();
  private readonly working = new Set<string>();

  constructor(
    private readonly pods: ResourceClient<Pod>,
    private readonly node: () => Live<Node> | undefined,
    private readonly logger: Logger,
  ) {}

  get(pod: Pod): Live<Pod> | undefined {
    return this.known.get(podKey(pod));
  }

  observe(mirror: Live<Pod>): void {
    this.known.set(podKey(mirror), mirror);
  }

  deleted(mirror: Live<Pod>): void {
    if (this.known.get(podKey(mirror))?.metadata.uid === mirror.metadata.uid) this.known.delete(podKey(mirror));
  }

  /** Brings the mirror of a static pod about; what somebody deletes or edits comes back as it was. */
  async ensure(pod: KubeletPod): Promise<void> {
    const key = podKey(pod);
    if (this.working.has(key)) return;
    this.working.add(key);
    try {
      const found = this.known.get(key);
      const current =
        found &&
        !found.metadata.deletionTimestamp &&
        found.metadata.annotations?.[configMirror] === pod.metadata.annotations?.[configHash];
      if (current) return;
      if (found) await this.remove(found);
      this.observe(await this.pods.create(this.mirrorOf(pod)));
    } catch (error) {
      if (!isStatusError(error, 'AlreadyExists'))
        this.logger.warn({ pod: key, error: (error as Error).message }, 'mirror pod not made');
    } finally {
      this.working.delete(key);
    }
  }

  async remove(mirror: Live<Pod>): Promise<void> {
    try {
      const { name, namespace, uid } = mirror.metadata;
      await this.pods.delete(name, namespace, { gracePeriodSeconds: 0, preconditions: { uid } });
    } catch (error) {
      if (!isStatusError(error, 'NotFound') && !isStatusError(error, 'Conflict')) throw error;
    }
    this.deleted(mirror);
  }

  private mirrorOf({ apiVersion, kind, metadata, spec }: KubeletPod): Pod {
    const node = this.node();
    const { name, namespace, labels, annotations = {} } = metadata;
    return {
      apiVersion,
      kind,
      spec,
      metadata: {
        name,
        namespace,
        ...(labels && { labels }),
        annotations: { ...annotations, [configMirror]: annotations[configHash] ?? '' },
        ...(node && {
          ownerReferences: [
            { apiVersion: 'v1', kind: 'Node', name: node.metadata.name, uid: node.metadata.uid, controller: true },
          ],
        }),
      },
    };
  }
}
