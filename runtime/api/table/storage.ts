import { ageColumn, ageOf, column, nameColumn, nameOf, orNone, wide } from './printer';
import type { Printer } from './printer';
import type { View } from './view';

const shortModes: readonly (readonly [string, string])[] = [
  ['ReadWriteOnce', 'RWO'],
  ['ReadOnlyMany', 'ROX'],
  ['ReadWriteMany', 'RWX'],
  ['ReadWriteOncePod', 'RWOP'],
];

const accessModes = (modes: readonly unknown[]): string =>
  shortModes
    .filter(([mode]) => modes.includes(mode))
    .map(([, short]) => short)
    .join(',');

const phase = (o: View): string => (o.has('metadata', 'deletionTimestamp') ? 'Terminating' : o.text('status', 'phase'));
const field = (o: View, name: string): string => (o.has('spec', name) ? o.text('spec', name) : '<unset>');

function storageClass(o: View): string {
  return (
    o.text('metadata', 'annotations', 'volume.beta.kubernetes.io/storage-class') || o.text('spec', 'storageClassName')
  );
}

function claimRef(volume: View): string {
  const ref = volume.at('spec', 'claimRef');
  return volume.has('spec', 'claimRef') ? `${ref.text('namespace')}/${ref.text('name')}` : '';
}

function withDefaultMark(o: View, ...annotations: string[]): string {
  const isDefault = annotations.some((name) => o.text('metadata', 'annotations', name) === 'true');
  return nameOf(o) + (isDefault ? ' (default)' : '');
}

const volumeColumns = {
  class: column('StorageClass', 'string', 'Storage class.'),
  attributes: column('VolumeAttributesClass', 'string', 'Volume attributes class.'),
  mode: wide('VolumeMode', 'File system or block device.'),
};

const text = (name: string, description: string) => column(name, 'string', description);
const flag = (name: string, description: string) => column(name, 'boolean', description);

export const storagePrinters: Record<string, Printer> = {
  'PersistentVolume': {
    columns: [
      nameColumn,
      text('Capacity', 'Size.'),
      text('Access Modes', 'How it can be mounted.'),
      text('Reclaim Policy', 'What happens to it after its claim.'),
      text('Status', 'Phase of the volume.'),
      text('Claim', 'Claim that it is bound to.'),
      volumeColumns.class,
      volumeColumns.attributes,
      text('Reason', 'Why it is in that phase.'),
      ageColumn,
      volumeColumns.mode,
    ],
    cells: (o, now) => [
      nameOf(o),
      o.text('spec', 'capacity', 'storage') || '0',
      accessModes(o.values('spec', 'accessModes')),
      o.text('spec', 'persistentVolumeReclaimPolicy'),
      phase(o),
      claimRef(o),
      storageClass(o),
      field(o, 'volumeAttributesClassName'),
      o.text('status', 'reason'),
      ageOf(o, now),
      field(o, 'volumeMode'),
    ],
  },
  'PersistentVolumeClaim': {
    columns: [
      nameColumn,
      text('Status', 'Phase of the claim.'),
      text('Volume', 'Volume that it is bound to.'),
      text('Capacity', 'Size of the volume.'),
      text('Access Modes', 'How the volume can be mounted.'),
      volumeColumns.class,
      volumeColumns.attributes,
      ageColumn,
      volumeColumns.mode,
    ],
    cells: (o, now) => {
      const bound = o.text('spec', 'volumeName') !== '';
      return [
        nameOf(o),
        phase(o),
        o.text('spec', 'volumeName'),
        bound ? o.text('status', 'capacity', 'storage') || '0' : '',
        bound ? accessModes(o.values('status', 'accessModes')) : '',
        storageClass(o),
        field(o, 'volumeAttributesClassName'),
        ageOf(o, now),
        field(o, 'volumeMode'),
      ];
    },
  },
  'storage.k8s.io/StorageClass': {
    columns: [
      nameColumn,
      text('Provisioner', 'Who makes the volumes.'),
      text('ReclaimPolicy', 'What happens to volumes after their claims.'),
      text('VolumeBindingMode', 'When volumes are bound.'),
      text('AllowVolumeExpansion', 'Whether volumes may grow.'),
      ageColumn,
    ],
    cells: (o, now) => [
      withDefaultMark(
        o,
        'storageclass.kubernetes.io/is-default-class',
        'storageclass.beta.kubernetes.io/is-default-class',
      ),
      o.text('provisioner'),
      o.text('reclaimPolicy') || 'Delete',
      o.text('volumeBindingMode') || 'Immediate',
      o.flag('allowVolumeExpansion'),
      ageOf(o, now),
    ],
  },
  'storage.k8s.io/VolumeAttributesClass': {
    columns: [nameColumn, text('DriverName', 'CSI driver.'), ageColumn],
    cells: (o, now) => [
      withDefaultMark(o, 'volumeattributesclass.alpha.kubernetes.io/is-default-class'),
      o.text('driverName'),
      ageOf(o, now),
    ],
  },
  'storage.k8s.io/VolumeAttachment': {
    columns: [
      nameColumn,
      column('Attacher', 'string', 'Driver that attaches.', 0, 'name'),
      text('PV', 'Volume.'),
      text('Node', 'Node.'),
      flag('Attached', 'Whether it is attached.'),
      ageColumn,
    ],
    cells: (o, now) => [
      nameOf(o),
      o.text('spec', 'attacher'),
      o.text('spec', 'source', 'persistentVolumeName'),
      o.text('spec', 'nodeName'),
      o.flag('status', 'attached'),
      ageOf(o, now),
    ],
  },
  'storage.k8s.io/CSINode': {
    columns: [nameColumn, column('Drivers', 'integer', 'CSI drivers on the node.'), ageColumn],
    cells: (o, now) => [nameOf(o), o.values('spec', 'drivers').length, ageOf(o, now)],
  },
  'storage.k8s.io/CSIDriver': {
    columns: [
      nameColumn,
      flag('AttachRequired', 'Whether volumes are attached first.'),
      flag('PodInfoOnMount', 'Whether the driver is told of the pod.'),
      flag('StorageCapacity', 'Whether free capacity counts in scheduling.'),
      text('TokenRequests', 'Audiences of tokens for the driver.'),
      flag('RequiresRepublish', 'Whether mounts are refreshed.'),
      text('Modes', 'Lifecycle modes of its volumes.'),
      ageColumn,
    ],
    cells: (o, now) => [
      nameOf(o),
      o.value('spec', 'attachRequired') !== false,
      o.flag('spec', 'podInfoOnMount'),
      o.flag('spec', 'storageCapacity'),
      o.has('spec', 'tokenRequests')
        ? o
            .list('spec', 'tokenRequests')
            .map((t) => t.text('audience'))
            .join(',')
        : '<unset>',
      o.flag('spec', 'requiresRepublish'),
      orNone(o.values('spec', 'volumeLifecycleModes').join(',')),
      ageOf(o, now),
    ],
  },
  'storage.k8s.io/CSIStorageCapacity': {
    columns: [nameColumn, text('StorageClassName', 'Storage class.'), text('Capacity', 'Free capacity.')],
    cells: (o) => [nameOf(o), o.text('storageClassName'), o.text('capacity') || '<unset>'],
  },
};
