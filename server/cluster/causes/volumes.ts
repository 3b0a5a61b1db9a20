import type { View } from '../../../runtime/api/table/view';
import { podOf } from '../written-object';
import { aboutPod, type Cause, type CauseInput, eventsOf } from './cause';

const reasons = new Set(['FailedMount', 'FailedAttachVolume', 'FailedMapVolume']);

/** Volumes that a pod waits for. Once its containers have started, the mounts have come about. */
export function volumeCauses({ object, pods, events }: CauseInput): Cause[] {
  const found = podOf(object);
  if (!found) return [];
  return pods.filter(isWaiting).flatMap((pod) => {
    const failed = eventsOf(pod, events).filter(({ reason }) => reasons.has(reason));
    const seen = new Set<string>();
    return failed.flatMap(({ reason, message, time }) =>
      volumesNamed(message, found.pod).flatMap((index) => {
        const path = [
          ...found.path,
          'spec',
          'volumes',
          String(index),
          ...sourceField(found.pod.list('spec', 'volumes')[index]),
        ];
        if (seen.has(path.join('.'))) return [];
        seen.add(path.join('.'));
        return [{ path, code: reason, message, about: aboutPod(pod), time }];
      }),
    );
  });
}

function isWaiting(pod: View): boolean {
  if (pod.text('status', 'phase') !== 'Pending') return false;
  return !pod.list('status', 'containerStatuses').some((status) => status.has('state', 'running'));
}

/** `for volume "config"`, or a list in `unmounted volumes=[data config]`: the volumes of these names. */
function volumesNamed(message: string, pod: View): number[] {
  const quoted = [...message.matchAll(/volumes? "([^"]+)"/g)].map(([, name]) => name ?? '');
  const listed = /unmounted volumes=\[([^\]]*)\]/.exec(message)?.[1]?.split(/[\s,]+/) ?? [];
  const names = new Set([...quoted, ...listed]);
  return pod.list('spec', 'volumes').flatMap((volume, i) => {
    const claim = volume.text('persistentVolumeClaim', 'claimName');
    return names.has(volume.text('name')) || (claim && names.has(claim)) ? [i] : [];
  });
}

/** What a volume names: its ConfigMap, Secret or claim. */
function sourceField(volume: View | undefined): string[] {
  const fields = [
    ['configMap', 'name'],
    ['secret', 'secretName'],
    ['persistentVolumeClaim', 'claimName'],
    ['hostPath', 'path'],
  ];
  return fields.find((steps) => volume?.has(...steps)) ?? ['name'];
}
