import type { Finding } from '../finding';
import { finding } from '../finding';
import type { Path } from '../finding';
import type { ManagedFieldsEntry, ObjectMeta, OwnerReference } from '../kinds';
import type { NameProblems } from '../names';
import {
  byteLength, dns1035LabelProblems, dns1123LabelProblems, dns1123SubdomainProblems, maskTrailingDash,
  pathSegmentProblems,
  qualifiedNameProblems,
} from '../names';
import type { KubeObject } from '../object';
import { parseApiVersion } from '../object';
import type { ResourceInfo } from '../resource';
import type { Findings } from './common';
import { immutable, invalidEach, labels, METADATA, nonNegative } from './common';
import type { KindRules } from './rules';

const ANNOTATION_LIMIT = 256 * 1024;
const ORPHAN = 'orphan';
const FOREGROUND = 'foregroundDeletion';
const STANDARD_FINALIZERS: readonly string[] = ['kubernetes', ORPHAN, FOREGROUND];

/** How objects of a kind may be named; kinds not listed take a DNS subdomain. */
const NAME_FORMS: ReadonlyMap<string, NameProblems> = new Map([
  ['Namespace', dns1123LabelProblems],
  ['Service', dns1035LabelProblems],
  ['Event', pathSegmentProblems],
  ['Event.events.k8s.io', pathSegmentProblems],
  ['StatefulSet.apps', dns1123LabelProblems],
  ['Role.rbac.authorization.k8s.io', pathSegmentProblems],
  ['ClusterRole.rbac.authorization.k8s.io', pathSegmentProblems],
  ['RoleBinding.rbac.authorization.k8s.io', pathSegmentProblems],
  ['ClusterRoleBinding.rbac.authorization.k8s.io', pathSegmentProblems],
]);

export type KindKey = Pick<ResourceInfo, 'group' | 'kind'>;

export const kindKey = ({ group, kind }: KindKey) => (group ? `${kind}.${group}` : kind);

function annotationsSize(annotations: Readonly<Record<string, string>>): number {
  return Object.keys(annotations).reduce((size, key) => size + byteLength(key) + byteLength(annotations[key] ?? ''), 0);
}

export function annotations(out: Findings, path: Path, map: Readonly<Record<string, string>> | undefined): void {
  if (!map) return;
  for (const key of Object.keys(map)) invalidEach(out, path, key, qualifiedNameProblems(key.toLowerCase()));
  if (annotationsSize(map) > ANNOTATION_LIMIT) out.push(finding.tooLong(path, ANNOTATION_LIMIT));
}

function ownerReference(out: Findings, path: Path, owner: OwnerReference): void {
  const { group, version } = parseApiVersion(owner.apiVersion ?? '');
  if (!version)
    out.push(finding.invalid(path.child('apiVersion'), owner.apiVersion ?? '', 'version must not be empty'));
  for (const field of ['kind', 'name', 'uid'] as const) {
    if (!owner[field]) out.push(finding.invalid(path.child(field), '', 'must not be empty'));
  }
  if (group === '' && version === 'v1' && owner.kind === 'Event') {
    out.push(finding.invalid(path, owner, '/v1, Kind=Event is disallowed from being an owner'));
  }
}

function ownerReferences(out: Findings, path: Path, owners: readonly OwnerReference[] | undefined): void {
  let controller = '';
  for (const owner of owners ?? []) {
    ownerReference(out, path, owner);
    if (!owner.controller) continue;
    const name = `${owner.kind}/${owner.name}`;
    if (controller) {
      const detail =
        `Only one reference can have Controller set to true. Found "true" in references for ${controller} and ${name}`;
      out.push(finding.invalid(path, owners, detail));
    } else controller = name;
  }
}

function finalizers(out: Findings, path: Path, names: readonly string[] | undefined): void {
  if (!names) return;
  for (const name of names) invalidEach(out, path, name, qualifiedNameProblems(name));
  if (names.includes(FOREGROUND) && names.includes(ORPHAN)) {
    out.push(finding.invalid(path, names, `finalizer ${ORPHAN} and ${FOREGROUND} cannot be both set`));
  }
}

/** Built-in kinds know only Kubernetes' own finalizers without a domain. */
export function kubeFinalizer(out: Findings, path: Path, name: string): void {
  if (name.includes('/') || STANDARD_FINALIZERS.includes(name)) return;
  out.push(finding.invalid(path, name, 'name is neither a standard finalizer name nor is it fully qualified'));
}

function kubeFinalizers(out: Findings, names: readonly string[] | undefined): void {
  names?.forEach((name, i) => kubeFinalizer(out, METADATA.child('finalizers').index(i), name));
}

function managedFields(out: Findings, path: Path, entries: readonly ManagedFieldsEntry[] | undefined): void {
  entries?.forEach((entry, i) => {
    const at = path.index(i);
    if (entry.operation !== 'Apply' && entry.operation !== 'Update') {
      out.push(finding.invalid(at.child('operation'), entry.operation ?? '', 'must be `Apply` or `Update`'));
    }
    if (entry.fieldsType && entry.fieldsType !== 'FieldsV1') {
      out.push(finding.invalid(at.child('fieldsType'), entry.fieldsType, 'must be `FieldsV1`'));
    }
    fieldManager(out, at.child('manager'), entry.manager ?? '');
    if (byteLength(entry.subresource ?? '') > 256) out.push(finding.tooLong(at.child('subresource'), 256));
  });
}

/** The name of a field manager, here and in request options. */
export function fieldManager(out: Findings, path: Path, name: string): void {
  if (byteLength(name) > 128) out.push(finding.tooLong(path, 128));
  let position = 0;
  for (const character of name) {
    if (/[\p{C}\p{Zl}\p{Zp}]/u.test(character) || (character !== ' ' && /\p{Zs}/u.test(character))) {
      const code = (character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0');
      out.push(finding.invalid(path, name, `invalid character U+${code} (at position ${position})`));
    }
    position += byteLength(character);
  }
}

function name(out: Findings, meta: ObjectMeta, form: NameProblems): void {
  if (meta.generateName) {
    invalidEach(out, METADATA.child('generateName'), meta.generateName, form(maskTrailingDash(meta.generateName)));
  }
  if (!meta.name) out.push(finding.required(METADATA.child('name'), 'name or generateName is required'));
  else invalidEach(out, METADATA.child('name'), meta.name, form(meta.name));
}

function namespace(out: Findings, meta: ObjectMeta, namespaced: boolean): void {
  if (!namespaced) {
    if (meta.namespace) out.push(finding.forbidden(METADATA.child('namespace'), 'not allowed on this type'));
  } else if (!meta.namespace) out.push(finding.required(METADATA.child('namespace')));
  else invalidEach(out, METADATA.child('namespace'), meta.namespace, dns1123LabelProblems(meta.namespace));
}

const LABELS = METADATA.child('labels');
const ANNOTATIONS = METADATA.child('annotations');
const OWNERS = METADATA.child('ownerReferences');
const FINALIZERS = METADATA.child('finalizers');
const MANAGED_FIELDS = METADATA.child('managedFields');

/** Groups whose objects are held to the metadata of any object only. */
const GENERIC_GROUPS: ReadonlySet<string> = new Set([
  'admissionregistration.k8s.io', 'apiextensions.k8s.io', 'apiregistration.k8s.io', 'coordination.k8s.io',
]);

/** Whether a kind with these rules takes only finalizers that are qualified or Kubernetes' own. */
const isCore = (rules: KindRules | undefined, { group }: KindKey) => rules !== undefined && !GENERIC_GROUPS.has(group);

/** The rules of metadata for a new object; generated names have been generated. */
export function metaFindings(object: KubeObject, info: ResourceInfo, rules: KindRules | undefined): Findings {
  const out: Finding[] = [];
  const meta = object.metadata;
  const own = rules?.nameProblems;
  const form = own ? (text: string) => own(text, object) : NAME_FORMS.get(kindKey(info));
  name(out, meta, form ?? dns1123SubdomainProblems);
  namespace(out, meta, info.namespaced);
  nonNegative(out, METADATA.child('generation'), meta.generation);
  labels(out, LABELS, meta.labels);
  annotations(out, ANNOTATIONS, meta.annotations);
  ownerReferences(out, OWNERS, meta.ownerReferences);
  finalizers(out, FINALIZERS, meta.finalizers);
  managedFields(out, MANAGED_FIELDS, meta.managedFields);
  if (isCore(rules, info)) kubeFinalizers(out, meta.finalizers);
  return out;
}

function newFinalizers(out: Findings, meta: ObjectMeta, old: ObjectMeta): void {
  if (!old.deletionTimestamp) return;
  const extra = (meta.finalizers ?? []).filter((finalizer) => !old.finalizers?.includes(finalizer)).sort();
  if (extra.length === 0) return;
  const list = `[]string{${extra.map((finalizer) => JSON.stringify(finalizer)).join(', ')}}`;
  const detail = `no new finalizers can be added if the object is being deleted, found new finalizers ${list}`;
  out.push(finding.forbidden(FINALIZERS, detail));
}

const FIXED_FIELDS =
  ['name', 'namespace', 'uid', 'creationTimestamp', 'deletionTimestamp', 'deletionGracePeriodSeconds'] as const;

/** The rules of metadata for a change. */
export function metaUpdateFindings(
  object: KubeObject, old: KubeObject, info: ResourceInfo, rules: KindRules | undefined,
): Findings {
  const out: Finding[] = [];
  const meta = object.metadata;
  newFinalizers(out, meta, old.metadata);
  if (!meta.resourceVersion) {
    // Upstream's registry words it so, with Go's form of an unset version.
    const message = 'Invalid value: 0x0: must be specified for an update';
    out.push({ path: 'metadata.resourceVersion', reason: 'FieldValueInvalid', message });
  }
  if ((meta.generation ?? 0) < (old.metadata.generation ?? 0)) {
    out.push(finding.invalid(METADATA.child('generation'), meta.generation ?? 0, 'must not be decremented'));
  }
  for (const field of FIXED_FIELDS) {
    if (meta[field] === old.metadata[field]) continue;
    const blank = field === 'name' || field === 'namespace' || field === 'uid' ? '' : undefined;
    immutable(out, METADATA.child(field), meta[field] ?? blank, old.metadata[field] ?? blank);
  }
  labels(out, LABELS, meta.labels);
  annotations(out, ANNOTATIONS, meta.annotations);
  ownerReferences(out, OWNERS, meta.ownerReferences);
  finalizers(out, FINALIZERS, meta.finalizers);
  managedFields(out, MANAGED_FIELDS, meta.managedFields);
  if (isCore(rules, info)) kubeFinalizers(out, meta.finalizers);
  return out;
}
