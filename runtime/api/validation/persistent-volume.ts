import { posix } from 'node:path';
import type { Path } from '../finding';
import { finding, Path as FieldPath } from '../finding';
import type { CSIPersistentVolumeSource, PersistentVolume, PersistentVolumeSpec, SecretReference } from '../kinds';
import { dns1123LabelProblems, dns1123SubdomainProblems } from '../names';
import { tryParseQuantity } from '../quantity';
import type { Findings } from './common';
import {
  dnsLabel, dnsSubdomain, immutable, invalidEach, optionalOneOf, semanticallyEqual, sorted, SPEC,
} from './common';
import { objectDiff } from './diff';
import { noBacksteps } from './paths';
import { accessModes, VOLUME_MODES } from './persistent-volume-claim';
import { positiveQuantity } from './resources';
import type { KindRules } from './rules';
import { nodeSelector } from './scheduling';
import {
  azureDisk, csiDriverName, fibreChannel, flexVolume, flocker, hostPath, iscsi, nfs, partitioned, quobyte,
  requireFields, storageOs,
} from './volume-sources';

function secretReference(out: Findings, path: Path, ref: SecretReference | undefined): void {
  if (!ref) return;
  if (!ref.name) out.push(finding.required(path.child('name')));
  else dnsSubdomain(out, path.child('name'), ref.name);
  if (!ref.namespace) out.push(finding.required(path.child('namespace')));
  else dnsLabel(out, path.child('namespace'), ref.namespace);
}

const CSI_SECRETS =
  ['controllerPublishSecretRef', 'controllerExpandSecretRef', 'nodePublishSecretRef', 'nodeExpandSecretRef'] as const;

function csi(out: Findings, path: Path, source: CSIPersistentVolumeSource): void {
  csiDriverName(out, path.child('driver'), source.driver);
  requireFields(out, path, source, 'volumeHandle');
  for (const field of CSI_SECRETS) secretReference(out, path.child(field), source[field]);
}

type SourceCheck<T> = (out: Findings, path: Path, source: T, spec: PersistentVolumeSpec, base: Path) => void;

interface SourceRow {
  field: keyof PersistentVolumeSpec;
  run(out: Findings, base: Path, spec: PersistentVolumeSpec): void;
  forbidden: string;
}

function row<K extends keyof PersistentVolumeSpec>(
  field: K,
  check: SourceCheck<NonNullable<PersistentVolumeSpec[K]>>,
  path: string = field,
  forbidden: string = field,
): SourceRow {
  return {
    field,
    forbidden,
    run(out, base, spec) {
      const source = spec[field];
      if (source !== undefined && source !== null) check(out, base.child(path), source, spec, base);
    },
  };
}

const requiring =
  <T extends object>(...fields: (keyof T & string)[]): SourceCheck<T> =>
  (out, path, source) =>
    requireFields(out, path, source, ...fields);

function withSecret(
  out: Findings,
  path: Path,
  ref: SecretReference | { name?: string; namespace?: string } | undefined,
): void {
  if (!ref) return;
  if (!ref.name) out.push(finding.required(path.child('secretRef', 'name')));
  if (!ref.namespace) out.push(finding.required(path.child('secretRef', 'namespace')));
}

const SOURCES: readonly SourceRow[] = [
  row('hostPath', hostPath),
  row('gcePersistentDisk', partitioned('pdName'), 'persistentDisk'),
  row('awsElasticBlockStore', partitioned('volumeID')),
  row('glusterfs', (out, path, source) => {
    requireFields(out, path, source, 'endpoints', 'path');
    const namespace = source.endpointsNamespace;
    const at = path.child('endpointsNamespace');
    if (namespace === '')
      out.push(finding.invalid(at, namespace, 'if the endpointnamespace is set, it must be a valid namespace name'));
    else if (namespace !== undefined) invalidEach(out, at, namespace, dns1123LabelProblems(namespace));
  }),
  row('flocker', flocker),
  row('nfs', nfs),
  row('rbd', requiring('monitors', 'image')),
  row('quobyte', quobyte),
  row('cephfs', requiring('monitors'), 'cephfs', 'cephFS'),
  row('iscsi', (out, path, source) => {
    iscsi(out, path, source, true);
    if (source.secretRef && !source.secretRef.name) out.push(finding.required(path.child('secretRef', 'name')));
  }),
  row('cinder', (out, path, source) => {
    requireFields(out, path, source, 'volumeID');
    withSecret(out, path, source.secretRef);
  }),
  row('fc', fibreChannel),
  row('flexVolume', flexVolume),
  row('azureFile', (out, path, source) => {
    requireFields(out, path, source, 'secretName', 'shareName');
    if (source.secretNamespace === '') out.push(finding.required(path.child('secretNamespace')));
  }),
  row('vsphereVolume', requiring('volumePath')),
  row('photonPersistentDisk', requiring('pdID')),
  row('portworxVolume', requiring('volumeID')),
  row('azureDisk', azureDisk),
  row('scaleIO', requiring('gateway', 'system', 'volumeName')),
  row('local', (out, path, source, spec, base) => {
    if (!source.path) out.push(finding.required(path.child('path')));
    else noBacksteps(out, path.child('path'), source.path);
    if (!spec.nodeAffinity)
      out.push(finding.required(base.child('nodeAffinity'), 'Local volume requires node affinity'));
  }),
  row('storageos', (out, path, source) => {
    storageOs(out, path, source);
    if (source.secretRef && !source.secretRef.namespace)
      out.push(finding.required(path.child('secretRef', 'namespace')));
  }),
  row('csi', csi),
];

function capacity(out: Findings, path: Path, given: Readonly<Record<string, string>> | undefined): void {
  const map = given ?? {};
  const names = Object.keys(map);
  if (!names.length) out.push(finding.required(path));
  if (map.storage === undefined || names.length > 1) out.push(finding.notSupported(path, sorted(given), ['storage']));
  for (const name of names) {
    const quantity = tryParseQuantity(map[name] ?? '');
    if (!quantity) continue;
    if (quantity.value() < 0n) {
      out.push(finding.invalid(path.key(name), Number(quantity.value()), 'must be a valid resource quantity'));
    }
    positiveQuantity(out, path.key(name), quantity);
  }
}

function sources(out: Findings, base: Path, spec: PersistentVolumeSpec): void {
  let count = 0;
  for (const source of SOURCES) {
    if (!spec[source.field]) continue;
    // Upstream forgot to refuse a second source that is a flexVolume.
    if (count > 0 && source.field !== 'flexVolume')
      out.push(finding.forbidden(base.child(source.forbidden), 'may not specify more than 1 volume type'));
    else source.run(out, base, spec);
    count++;
  }
  if (count === 0) out.push(finding.required(base, 'must specify a volume type'));
}

function attributesClass(out: Findings, { volumeAttributesClassName: name, csi: driver }: PersistentVolumeSpec): void {
  if (name === undefined) return;
  const at = SPEC.child('volumeAttributesClassName');
  if (name === '') out.push(finding.required(at, 'an empty string is disallowed'));
  else invalidEach(out, at, name, dns1123SubdomainProblems(name));
  if (!driver)
    out.push(finding.required(SPEC.child('csi'), 'has to be specified when using volumeAttributesClassName'));
}

function affinity(out: Findings, path: Path, { nodeAffinity }: PersistentVolumeSpec): void {
  if (nodeAffinity?.required) nodeSelector(out, path.child('required'), nodeAffinity.required);
  else if (nodeAffinity) out.push(finding.required(path.child('required'), 'must specify required node constraints'));
}

function reclaimPolicy(out: Findings, path: Path, { persistentVolumeReclaimPolicy: policy }: PersistentVolumeSpec): void {
  if (policy) optionalOneOf(out, path, policy, ['Delete', 'Recycle', 'Retain']);
}

function create({ spec = {} }: PersistentVolume): Findings {
  const out: Findings = [];
  if (!spec.accessModes?.length) out.push(finding.required(SPEC.child('accessModes')));
  accessModes(out, SPEC.child('accessModes'), spec.accessModes ?? []);
  capacity(out, SPEC.child('capacity'), spec.capacity);
  const reclaim = SPEC.child('persistentVolumeReclaimPolicy');
  reclaimPolicy(out, reclaim, spec);
  affinity(out, SPEC.child('nodeAffinity'), spec);
  sources(out, SPEC, spec);
  if (posix.normalize(spec.hostPath?.path || '.') === '/' && spec.persistentVolumeReclaimPolicy === 'Recycle') {
    out.push(finding.forbidden(reclaim, "may not be 'recycle' for a hostPath mount of '/'"));
  }
  if (spec.storageClassName) dnsSubdomain(out, SPEC.child('storageClassName'), spec.storageClassName);
  optionalOneOf(out, SPEC.child('volumeMode'), spec.volumeMode, VOLUME_MODES);
  attributesClass(out, spec);
  return out;
}

const INLINE = 'in the context of inline volumes';

/** A volume that only an attachment writes: without what binds a claim, and of a CSI driver. */
export function inlineVolume(out: Findings, path: Path, spec: PersistentVolumeSpec): void {
  const forbid = (field: string, detail = `may not be specified ${INLINE}`) =>
    out.push(finding.forbidden(path.child(field), detail));
  if (spec.claimRef) forbid('claimRef');
  if (Object.keys(spec.capacity ?? {}).length) forbid('capacity');
  if (!spec.csi) out.push(finding.required(path.child('csi'), `has to be specified ${INLINE}`));
  if (!spec.accessModes?.length) out.push(finding.required(path.child('accessModes')));
  accessModes(out, path.child('accessModes'), spec.accessModes ?? []);
  const { persistentVolumeReclaimPolicy: reclaim = 'Retain', volumeMode = 'Filesystem' } = spec;
  if (reclaim !== 'Retain') forbid('persistentVolumeReclaimPolicy', `may only be Retain ${INLINE}`);
  if (spec.nodeAffinity) forbid('nodeAffinity');
  sources(out, path, spec);
  if (spec.storageClassName) forbid('storageClassName');
  const modeDetail = `may not specify volumeMode other than Filesystem ${INLINE}`;
  if (volumeMode !== 'Filesystem') forbid('volumeMode', modeDetail);
}

/** The source alone, without an expansion secret that may be added once. */
function sourceOf(spec: PersistentVolumeSpec, old: PersistentVolumeSpec): Record<string, unknown> {
  const found: Record<string, unknown> = {};
  for (const { field } of SOURCES) if (spec[field] !== undefined) found[field] = spec[field];
  if (spec.csi && old.csi && !old.csi.controllerExpandSecretRef) {
    found.csi = { ...spec.csi, controllerExpandSecretRef: undefined };
  }
  return found;
}

function update(volume: PersistentVolume, before: PersistentVolume): Findings {
  const out = create(volume);
  const [spec, old] = [volume.spec ?? {}, before.spec ?? {}];
  const [now, then] = [sourceOf(spec, old), sourceOf(old, old)];
  if (!semanticallyEqual(now, then)) {
    const detail = `spec.persistentvolumesource is immutable after creation\n${objectDiff(then, now)}`;
    out.push(finding.forbidden(SPEC.child('persistentvolumesource'), detail));
  }
  immutable(out, FieldPath.of('volumeMode'), spec.volumeMode, old.volumeMode);
  if (old.nodeAffinity && !semanticallyEqual(spec.nodeAffinity, old.nodeAffinity)) {
    const detail = 'field is immutable, except for updating from beta label to GA';
    out.push(finding.invalid(FieldPath.of('nodeAffinity'), spec.nodeAffinity, detail));
  }
  if (old.volumeAttributesClassName !== undefined && spec.volumeAttributesClassName === undefined) {
    out.push(finding.forbidden(
      SPEC.child('volumeAttributesClassName'),
      'update from non-nil value to nil is forbidden',
    ));
  }
  return out;
}

export const persistentVolume: KindRules<PersistentVolume> = { create, update };
