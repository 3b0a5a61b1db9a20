export { forEditing, withoutNoise } from './clean';
export { dependentsOf } from './dependents';
export { cordon, drain, evict, type DrainOptions } from './drain';
export { getObject, nameOf, type ObjectRef, OperationError, refTo, resourceOf } from './object-ref';
export { type Revision, revisionsOf, rollBack } from './revisions';
export { imagesOf, restart, rolloutKinds, scale, setImage, setLabels } from './workloads';
