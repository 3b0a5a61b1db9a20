import type { KubeObject, UntypedObject } from '../object';
import { parseApiVersion } from '../object';
import type { ResourceInfo } from '../resource';
import { validateCreate, validateStatusUpdate, validateUpdate, warningsFor } from '.';

const CLUSTER_SCOPED = new Set([
  'Namespace', 'Node', 'PersistentVolume', 'ClusterRole', 'ClusterRoleBinding', 'PriorityClass', 'StorageClass', 'IngressClass',
  'CustomResourceDefinition', 'RuntimeClass', 'CertificateSigningRequest', 'ValidatingWebhookConfiguration',
  'MutatingWebhookConfiguration', 'CSIDriver', 'CSINode', 'VolumeAttachment', 'APIService', 'FlowSchema',
]);

/** As much of a ResourceInfo as validation reads. */
export function infoOf(object: KubeObject): ResourceInfo {
  const kind = object.kind ?? '';
  const { group, version } = parseApiVersion(object.apiVersion ?? 'v1');
  const namespaced = !CLUSTER_SCOPED.has(kind);
  const names = { resource: `${kind.toLowerCase()}s`, singular: kind.toLowerCase(), listKind: `${kind}List` };
  return { group, version, kind, ...names, namespaced, shortNames: [], categories: [], verbs: [], subresources: [], schema: {} };
}

const lines = (found: readonly { path: string; message: string }[]) => found.map(({ path, message }) => `${path}: ${message}`);

type Tree = { [field: string]: unknown };

const isTree = (value: unknown): value is Tree => typeof value === 'object' && value !== null && !Array.isArray(value);

/** Merges maps; a null takes a field away. */
export function merge(base: Tree, change: Tree): Tree {
  const merged: Tree = { ...base };
  for (const [field, value] of Object.entries(change)) {
    const before = merged[field];
    if (value === null) delete merged[field];
    else merged[field] = isTree(value) && isTree(before) ? merge(before, value) : value;
  }
  return merged;
}

/** An object of a test, with the metadata that every one needs. */
export function objectOf(tree: Tree): UntypedObject {
  const namespaced = !CLUSTER_SCOPED.has(String(tree.kind));
  const metadata = { name: 'test', ...(namespaced && { namespace: 'default' }), resourceVersion: '1' };
  return { metadata, ...merge({ metadata }, tree) };
}

export const createLines = (tree: Tree) => lines(validateCreate(objectOf(tree), infoOf(objectOf(tree))));
export const updateLines = (tree: Tree, old: Tree) => lines(validateUpdate(objectOf(tree), objectOf(old), infoOf(objectOf(tree))));
export const statusLines = (tree: Tree, old: Tree) => lines(validateStatusUpdate(objectOf(tree), objectOf(old), infoOf(objectOf(tree))));
export const warningLines = (tree: Tree) => warningsFor(objectOf(tree), infoOf(objectOf(tree)));
export type { Tree };
