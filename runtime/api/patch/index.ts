export { PatchError } from './patch-error';
export type { PatchErrorReason } from './patch-error';
export { applyJsonPatch, maxJsonPatchOperations } from './json-patch';
export { applyMergePatch } from './merge-patch';
export { applyStrategicMergePatch } from './strategic-merge-patch';
