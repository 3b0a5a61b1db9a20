export { parseTemplate } from './parse';
export type { ParseOptions } from './parse-pipeline';
export { walk, walkPipeline } from './nodes';
export type * from './nodes';
export { builtins } from './builtins';
export type { GoFunction } from './builtins';
export { execute, ExecutionError, maxDepth, withDepth } from './execute';
export type { Chunk, DepthFunction, Executable } from './execute';
export { GoStruct, print, ValueError } from './values';
