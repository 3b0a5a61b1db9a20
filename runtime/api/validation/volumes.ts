import type { Path } from '../finding';
import { finding } from '../finding';
import type { CSIVolumeSource, EmptyDirVolumeSource, EphemeralVolumeSource, ImageVolumeSource, Volume } from '../kinds';
import { dns1123LabelProblems, dns1123SubdomainProblems } from '../names';
import { tryParseQuantity } from '../quantity';
import type { Findings } from './common';
import { invalidEach, requiredOneOf } from './common';
import { claimTemplate } from './persistent-volume-claim';
import { projected } from './projected';
import type { SourceName } from './volume-sources';
import {
  azureDisk, csiDriverName, downwardFile, fibreChannel, fileMode, flexVolume, flocker, hostPath, iscsi, keyed, nfs,
  partitioned,
  quobyte, requireFields, storageOs,
} from './volume-sources';

interface VolumeContext {
  volumeName: string;
  /** Unset in a template. */
  podName: string | undefined;
  isPod: boolean;
}

type SourceCheck<T> = (out: Findings, path: Path, source: T, context: VolumeContext) => void;

interface SourceRow {
  field: SourceName;
  run(out: Findings, volumePath: Path, volume: Volume, context: VolumeContext): void;
  /** The path of "more than 1 volume type", where upstream has one that isn't the field's name. */
  forbidden: string;
}

function row<K extends SourceName>(
  field: K,
  check: SourceCheck<NonNullable<Volume[K]>>,
  path: string = field,
  forbidden: string = field,
): SourceRow {
  return {
    field,
    forbidden,
    run(out, volumePath, volume, context) {
      const source = volume[field];
      if (source) check(out, volumePath.child(path), source, context);
    },
  };
}

/** A source of which certain fields must be set and nothing else is checked. */
const requiring =
  <T extends object>(...fields: (keyof T & string)[]): SourceCheck<T> =>
  (out, path, source) =>
    requireFields(out, path, source, ...fields);

function emptyDir(out: Findings, path: Path, { sizeLimit }: EmptyDirVolumeSource): void {
  const limit = sizeLimit === undefined ? undefined : tryParseQuantity(sizeLimit);
  if (limit && limit.sign() < 0) {
    out.push(finding.forbidden(path.child('sizeLimit'), 'SizeLimit field must be a valid resource quantity'));
  }
}

function csi(out: Findings, path: Path, { driver, nodePublishSecretRef: ref }: CSIVolumeSource): void {
  csiDriverName(out, path.child('driver'), driver);
  if (!ref) return;
  if (!ref.name) out.push(finding.required(path.child('nodePublishSecretRef', 'name')));
  else invalidEach(out, path.child('name'), ref.name, dns1123SubdomainProblems(ref.name));
}

function ephemeral(out: Findings, path: Path, { volumeClaimTemplate }: EphemeralVolumeSource): void {
  if (!volumeClaimTemplate) out.push(finding.required(path.child('volumeClaimTemplate')));
  else claimTemplate(out, path.child('volumeClaimTemplate'), volumeClaimTemplate);
}

function image(
  out: Findings,
  path: Path,
  { reference, pullPolicy }: ImageVolumeSource,
  { isPod }: VolumeContext,
): void {
  if (isPod && !reference) out.push(finding.required(path.child('reference')));
  requiredOneOf(out, path.child('pullPolicy'), pullPolicy, ['Always', 'IfNotPresent', 'Never']);
}

/** In upstream's order; the second source that is set is one too many. */
const SOURCES: readonly SourceRow[] = [
  row('emptyDir', emptyDir),
  row('hostPath', hostPath),
  row('gitRepo', (out, path, source) => {
    requireFields(out, path, source, 'repository');
    const directory = source.directory ?? '';
    if (directory.startsWith('/'))
      out.push(finding.invalid(path.child('directory'), directory, 'must be a relative path'));
    if (directory.split('/').includes('..'))
      out.push(finding.invalid(path.child('directory'), directory, "must not contain '..'"));
  }),
  row('gcePersistentDisk', partitioned('pdName'), 'persistentDisk'),
  row('awsElasticBlockStore', partitioned('volumeID')),
  row('secret', keyed('secretName')),
  row('nfs', nfs),
  row('iscsi', (out, path, source) => iscsi(out, path, source)),
  row('glusterfs', requiring('endpoints', 'path')),
  row('flocker', flocker),
  row('persistentVolumeClaim', requiring('claimName')),
  row('rbd', requiring('monitors', 'image')),
  row('cinder', (out, path, source) => {
    requireFields(out, path, source, 'volumeID');
    if (source.secretRef && !source.secretRef.name) out.push(finding.required(path.child('secretRef', 'name')));
  }),
  row('cephfs', requiring('monitors'), 'cephfs', 'cephFS'),
  row('quobyte', quobyte),
  row('downwardAPI', (out, path, source) => {
    fileMode(out, path.child('defaultMode'), source.defaultMode);
    for (const file of source.items ?? []) downwardFile(out, path, file);
  }, 'downwardAPI', 'downwarAPI'),
  row('fc', fibreChannel),
  row('flexVolume', flexVolume),
  row('configMap', keyed('name')),
  row('azureFile', requiring('secretName', 'shareName')),
  row('vsphereVolume', requiring('volumePath')),
  row('photonPersistentDisk', requiring('pdID')),
  row('portworxVolume', requiring('volumeID')),
  row('azureDisk', azureDisk),
  row('storageos', storageOs),
  row('projected', projected),
  row('scaleIO', requiring('gateway', 'system', 'volumeName')),
  row('csi', csi),
  row('ephemeral', ephemeral),
  row('image', image),
];

function derivedNames(out: Findings, path: Path, volume: Volume, { podName }: VolumeContext): void {
  if (volume.iscsi?.initiatorName !== undefined && `${volume.name}:${volume.iscsi.targetPortal}`.length > 64) {
    const detail =
      'Total length of <volume name>:<iscsi.targetPortal> must be under 64 characters if iscsi.initiatorName is specified.';
    out.push(finding.invalid(path.child('name'), volume.name, detail));
  }
  if (!volume.ephemeral || !podName || !volume.name) return;
  const claim = `${podName}-${volume.name}`;
  const problems = dns1123SubdomainProblems(claim);
  invalidEach(
    out,
    path.child('name'),
    volume.name,
    problems.map((problem) => `PVC name ${JSON.stringify(claim)}: ${problem}`),
  );
}

function volumeSource(out: Findings, path: Path, volume: Volume, context: VolumeContext): void {
  let count = 0;
  for (const source of SOURCES) {
    if (!volume[source.field]) continue;
    if (count > 0) out.push(finding.forbidden(path.child(source.forbidden), 'may not specify more than 1 volume type'));
    else source.run(out, path, volume, context);
    count++;
  }
  derivedNames(out, path, volume, context);
  if (count === 0) out.push(finding.required(path, 'must specify a volume type'));
}

/** Checks the volumes of a pod; returns those that are in order, by name: the ones that containers may mount. */
export function volumes(
  out: Findings,
  path: Path,
  list: readonly Volume[],
  podName: string | undefined,
  isPod: boolean,
): Map<string, Volume> {
  const good = new Map<string, Volume>();
  const created =
    new Set(podName ? list.filter(({ ephemeral: own }) => own).map(({ name }) => `${podName}-${name}`) : []);
  list.forEach((volume, i) => {
    const at = path.index(i);
    const before = out.length;
    volumeSource(out, at, volume, { volumeName: volume.name, podName, isPod });
    if (!volume.name) out.push(finding.required(at.child('name')));
    else invalidEach(out, at.child('name'), volume.name, dns1123LabelProblems(volume.name));
    if (good.has(volume.name)) out.push(finding.duplicate(at.child('name'), volume.name));
    if (out.length === before) good.set(volume.name, volume);
    const claim = volume.persistentVolumeClaim?.claimName;
    if (claim && created.has(claim)) {
      const detail = 'must not reference a PVC that gets created for an ephemeral volume';
      out.push(finding.invalid(at.child('persistentVolumeClaim', 'claimName'), claim, detail));
    }
  });
  return good;
}
