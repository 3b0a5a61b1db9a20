export { updateManagedFields } from './update';
export type { FieldTracking, UpdateOptions } from './update';
export { applyServerSide } from './apply';
export type { ApplyOptions, ApplyResult } from './apply';
export { fieldSet } from './field-set';
export type { FieldSet } from './field-set';
