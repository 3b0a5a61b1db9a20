import type { ParsedDocument } from '../../../runtime/api/yaml';
import type { FindingContext } from '../../context';
import { type TextRange, valueRange } from '../../manifests/ranges';
import type { SourceObject } from '../../workspace/workspace';
import { writtenObject, type WrittenObject } from '../written-object';

/** A named object of a file, and where it is. */
export interface LiveFileObject {
  readonly written: WrittenObject;
  readonly source: SourceObject;
  readonly document: ParsedDocument;
}

/** The objects of a file that a cluster can have. */
export function objectsOf(uri: string, { workspace, cluster }: FindingContext): LiveFileObject[] {
  return workspace.inFile(uri).flatMap((source) => {
    const written = writtenObject(source.value, source.type, cluster.namespace);
    return written ? [{ written, source, document: source.document() }] : [];
  });
}

/** Steps from the document's root to a field of the object. */
export function stepsIn({ source }: LiveFileObject, path: readonly string[]): string[] {
  const item = /^items\[(\d+)\]$/.exec(source.path)?.[1];
  return item === undefined ? [...path] : ['items', item, ...path];
}

/** Where a finding about a field is shown: there, or at the nearest thing around it that is written. */
export function rangeOf(object: LiveFileObject, path: readonly string[]): TextRange {
  const steps = stepsIn(object, path);
  const text = steps.map((step) => `[${step}]`).join('');
  const { start, end } = valueRange(object.document, text, '');
  return { start, end };
}
