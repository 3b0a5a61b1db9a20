import type { PersistentVolume } from '../../api/kinds';
import { PROVISIONED_BY } from './provision';

export type Reclaim =
  | { action: 'keep' }
  | { action: 'delete' }
  | { action: 'fail'; reason: string; message: string };

/**
 * What becomes of a volume whose claim is gone, as far as it is the volume controller's and no provisioner's
 * (pkg/controller/volume/persistentvolume, reclaimVolume).
 */
export function reclaimOf({ metadata, spec }: PersistentVolume): Reclaim {
  switch (spec?.persistentVolumeReclaimPolicy ?? 'Retain') {
    case 'Retain':
      return { action: 'keep' };
    case 'Recycle':
      return { action: 'fail', reason: 'VolumeFailedRecycle', message: 'No recycler plugin found for the volume!' };
    case 'Delete':
      return deletion({ metadata, ...(spec && { spec }) });
    default:
      return {
        action: 'fail', reason: 'VolumeUnknownReclaimPolicy', message: 'Volume has an unrecognized PersistentVolumeReclaimPolicy',
      };
  }
}

function deletion({ metadata, spec }: PersistentVolume): Reclaim {
  const provisioner = metadata.annotations?.[PROVISIONED_BY];
  if (provisioner && !provisioner.startsWith('kubernetes.io/')) return { action: 'keep' };
  const path = spec?.hostPath?.path;
  if (path === undefined) {
    const name = JSON.stringify(metadata.name);
    const message = `error getting deleter volume plugin for volume ${name}: no deletable volume plugin matched`;
    return { action: 'fail', reason: 'VolumeFailedDelete', message };
  }
  if (/^\/tmp\/.+/.test(path)) return { action: 'delete' };
  const message = `host_path deleter only supports /tmp/.+ but received provided ${path}`;
  return { action: 'fail', reason: 'VolumeFailedDelete', message };
}
