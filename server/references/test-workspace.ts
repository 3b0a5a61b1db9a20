import { type ParsedDocument, parseManifests } from '../../runtime/api/yaml';
import { builtInTypes } from '../manifests/types';
import { sourceObjects } from '../workspace/object-index';
import { customRules } from './custom-rules';
import { kindRules } from './kind-rules';
import { podRules } from './pod-rules';
import { ReferenceIndex } from './reference-index';
import { ReferenceTable } from './table';

/** An index of files that unit tests write as text, by name. */
export function indexOf(files: Readonly<Record<string, string>>): ReferenceIndex {
  const index = new ReferenceIndex(new ReferenceTable([...podRules, ...kindRules, ...customRules]));
  for (const [name, text] of Object.entries(files)) setFile(index, name, text);
  return index;
}

export const uriOf = (name: string): string => `file:///work/space/${name}`;

export function setFile(index: ReferenceIndex, name: string, text: string): void {
  const documents = parseManifests(text);
  const documentOf = (_: string, number: number): ParsedDocument => {
    const document = documents[number];
    if (!document) throw new Error(`no document ${number}`);
    return document;
  };
  const source = { types: builtInTypes, documentOf };
  const objects = documents.flatMap(({ value }, number) => sourceObjects(uriOf(name), value, number, source));
  index.update(uriOf(name), objects);
}
