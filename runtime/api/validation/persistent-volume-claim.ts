import type { Path } from '../finding';
import { finding, Path as FieldPath } from '../finding';
import type {
  PersistentVolumeClaim, PersistentVolumeClaimSpec, PersistentVolumeClaimTemplate, TypedObjectReference,
} from '../kinds';
import { dns1123LabelProblems, dns1123SubdomainProblems, qualifiedNameProblems } from '../names';
import { tryParseQuantity } from '../quantity';
import type { Findings } from './common';
import {
  immutable, invalidEach, labels, labelSelector, METADATA, optionalOneOf, semanticallyEqual, SPEC, STATUS,
} from './common';
import { objectDiff } from './diff';
import { annotations } from './meta';
import { positiveQuantity, resourceQuantity } from './resources';

export const ACCESS_MODES = ['ReadOnlyMany', 'ReadWriteMany', 'ReadWriteOnce', 'ReadWriteOncePod'];
export const VOLUME_MODES = ['Block', 'Filesystem'];

export function accessModes(out: Findings, path: Path, modes: readonly string[]): void {
  for (const mode of modes) optionalOneOf(out, path, mode, ACCESS_MODES);
  const others = modes.some((mode) => mode !== 'ReadWriteOncePod' && ACCESS_MODES.includes(mode));
  if (modes.includes('ReadWriteOncePod') && others) {
    out.push(finding.forbidden(path, 'may not use ReadWriteOncePod with other access modes'));
  }
}

function dataSource(out: Findings, path: Path, { name, kind, apiGroup, namespace }: TypedObjectReference): void {
  if (!name) out.push(finding.required(path.child('name')));
  if (!kind) out.push(finding.required(path.child('kind')));
  if (!apiGroup && kind !== 'PersistentVolumeClaim') {
    out.push(finding.invalid(
      path,
      kind ?? '',
      "must be 'PersistentVolumeClaim' when referencing the default apiGroup",
    ));
  }
  if (apiGroup) invalidEach(out, path.child('apiGroup'), apiGroup, dns1123SubdomainProblems(apiGroup));
  if (namespace) invalidEach(out, path.child('namespace'), namespace, dns1123LabelProblems(namespace));
}

function dataSources(
  out: Findings,
  path: Path,
  { dataSource: source, dataSourceRef: ref }: PersistentVolumeClaimSpec,
): void {
  if (source) dataSource(out, path.child('dataSource'), source);
  if (ref) dataSource(out, path.child('dataSourceRef'), ref);
  if (!source || !ref) return;
  // Upstream gives the field's path as the bad value.
  const value = path.child('dataSource').toString();
  if (ref.namespace)
    out.push(finding.invalid(path, value, 'may not be specified when dataSourceRef.namespace is specified'));
  else if (source.apiGroup !== ref.apiGroup || source.kind !== ref.kind || source.name !== ref.name) {
    out.push(finding.invalid(path, value, 'must match dataSourceRef'));
  }
}

function storageRequest(out: Findings, path: Path, spec: PersistentVolumeClaimSpec): void {
  const text = spec.resources?.requests?.storage;
  const storage = text === undefined ? undefined : tryParseQuantity(text);
  if (!storage) out.push(finding.required(path));
  else if (positiveQuantity(out, path, storage)) resourceQuantity(out, path, 'storage', storage);
}

function className(out: Findings, path: Path, name: string | undefined): void {
  if (name) invalidEach(out, path, name, dns1123SubdomainProblems(name));
}

export function claimSpec(out: Findings, path: Path, spec: PersistentVolumeClaimSpec): void {
  if (!spec.accessModes?.length)
    out.push(finding.required(path.child('accessModes'), 'at least 1 access mode is required'));
  labelSelector(out, path.child('selector'), spec.selector);
  accessModes(out, path.child('accessModes'), spec.accessModes ?? []);
  storageRequest(out, path.child('resources').key('storage'), spec);
  className(out, path.child('storageClassName'), spec.storageClassName);
  optionalOneOf(out, path.child('volumeMode'), spec.volumeMode, VOLUME_MODES);
  dataSources(out, path, spec);
  className(out, path.child('volumeAttributesClassName'), spec.volumeAttributesClassName);
}

/** The claim that a generic ephemeral volume makes: of its metadata, labels and annotations alone count. */
export function claimTemplate(out: Findings, path: Path, template: PersistentVolumeClaimTemplate): void {
  const meta = template.metadata ?? {};
  annotations(out, path.child('metadata', 'annotations'), meta.annotations);
  labels(out, path.child('metadata', 'labels'), meta.labels);
  for (const [field, value] of Object.entries(meta)) {
    if (field === 'annotations' || field === 'labels' || value === undefined) continue;
    out.push(finding.forbidden(path.child('metadata', field), 'cannot be set'));
  }
  claimSpec(out, path.child('spec'), template.spec);
}

export function createClaim(claim: PersistentVolumeClaim): Findings {
  const out: Findings = [];
  claimSpec(out, SPEC, claim.spec ?? {});
  return out;
}

const BETA_CLASS = 'volume.beta.kubernetes.io/storage-class';

/** The spec with what may change set to what it was, for comparison. */
function fixedPart(claim: PersistentVolumeClaim, old: PersistentVolumeClaim): PersistentVolumeClaimSpec {
  const spec = { ...claim.spec };
  const before = old.spec ?? {};
  const beta = old.metadata.annotations?.[BETA_CLASS];
  if (before.storageClassName === undefined && (beta === undefined || spec.storageClassName === beta)) {
    spec.storageClassName = before.storageClassName;
  }
  if (claim.status?.phase === 'Bound') {
    const storage = before.resources?.requests?.storage;
    if (spec.resources?.requests && storage !== undefined) {
      spec.resources = { ...spec.resources, requests: { ...spec.resources.requests, storage } };
    }
    if (spec.volumeAttributesClassName !== undefined) spec.volumeAttributesClassName = before.volumeAttributesClassName;
  }
  return spec;
}

function shrink(out: Findings, claim: PersistentVolumeClaim, old: PersistentVolumeClaim): void {
  const size = (text: string | undefined) => tryParseQuantity(text ?? '0');
  const [now, before] = [size(claim.spec?.resources?.requests?.storage), size(old.spec?.resources?.requests?.storage)];
  const provisioned = size(old.status?.capacity?.storage);
  if (!now || !before || !provisioned || now.compare(before) >= 0 || now.compare(provisioned) > 0) return;
  out.push(finding.forbidden(
    SPEC.child('resources', 'requests', 'storage'),
    'field can not be less than status.capacity',
  ));
}

export function updateClaim(claim: PersistentVolumeClaim, old: PersistentVolumeClaim): Findings {
  const out = createClaim(claim);
  const annotation = (object: PersistentVolumeClaim) => object.metadata.annotations?.[BETA_CLASS] ?? '';
  if (annotation(claim) !== annotation(old)) {
    out.push(finding.invalid(METADATA.child('annotations', BETA_CLASS), annotation(claim), 'field is immutable'));
  }
  const before = { ...old.spec, volumeName: old.spec?.volumeName || claim.spec?.volumeName };
  const fixed = fixedPart(claim, old);
  if (!semanticallyEqual(fixed, before)) {
    const detail =
      'spec is immutable after creation except resources.requests and volumeAttributesClassName for bound claims';
    out.push(finding.forbidden(SPEC, `${detail}\n${objectDiff(before, fixed)}`));
  }
  shrink(out, claim, old);
  immutable(out, FieldPath.of('volumeMode'), claim.spec?.volumeMode, old.spec?.volumeMode);
  attributesClass(out, claim.spec?.volumeAttributesClassName, old.spec?.volumeAttributesClassName);
  return out;
}

function attributesClass(out: Findings, name: string | undefined, old: string | undefined): void {
  const at = SPEC.child('volumeAttributesClassName');
  if (old === undefined || name === old) return;
  if (name === undefined) out.push(finding.forbidden(at, 'update from non-nil value to nil is forbidden'));
  else if (name === '') out.push(finding.forbidden(at, 'update from non-nil value to an empty string is forbidden'));
}

export function updateClaimStatus(claim: PersistentVolumeClaim): Findings {
  const out: Findings = [];
  if (!claim.spec?.accessModes?.length) out.push(finding.required(FieldPath.of('Spec', 'accessModes')));
  for (const [name, text] of Object.entries(claim.status?.capacity ?? {})) {
    const quantity = tryParseQuantity(text);
    if (!quantity || quantity.value() >= 0n) continue;
    out.push(finding.invalid(
      STATUS.child('capacity').key(name),
      Number(quantity.value()),
      'must be a valid resource quantity',
    ));
  }
  for (const [name, text] of Object.entries(claim.status?.allocatedResources ?? {})) {
    const at = STATUS.child('allocatedResources');
    invalidEach(out, at, name, qualifiedNameProblems(name));
    const quantity = tryParseQuantity(text);
    if (quantity) resourceQuantity(out, at.key(name), 'storage', quantity);
  }
  return out;
}
