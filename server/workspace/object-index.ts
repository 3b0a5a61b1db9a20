import { parseApiVersion } from '../../runtime/api/object';
import type { ParsedDocument } from '../../runtime/api/yaml';
import { objectsIn } from '../manifests/manifest-objects';
import type { TypeRegistry } from '../manifests/types';
import type { ObjectKey, SourceObject } from './workspace';

/** Objects by file, by kind and by key. */
export class ObjectIndex {
  private readonly byFile = new Map<string, readonly SourceObject[]>();
  private readonly byKind = new Map<string, Set<SourceObject>>();

  *objects(): Iterable<SourceObject> {
    for (const objects of this.byFile.values()) yield* objects;
  }

  inFile(uri: string): readonly SourceObject[] {
    return this.byFile.get(uri) ?? [];
  }

  ofKind(group: string, kind: string): readonly SourceObject[] {
    return [...(this.byKind.get(`${group}/${kind}`) ?? [])];
  }

  find({ group, kind, namespace, name }: ObjectKey): readonly SourceObject[] {
    return this.ofKind(group, kind).filter(({ key }) => key.name === name && key.namespace === namespace);
  }

  has(uri: string): boolean {
    return this.byFile.has(uri);
  }

  set(uri: string, objects: readonly SourceObject[]): void {
    this.delete(uri);
    if (objects.length === 0) return;
    this.byFile.set(uri, objects);
    for (const object of objects) {
      const kind = `${object.key.group}/${object.key.kind}`;
      const set = this.byKind.get(kind);
      if (set) set.add(object);
      else this.byKind.set(kind, new Set([object]));
    }
  }

  delete(uri: string): void {
    for (const object of this.inFile(uri)) this.byKind.get(`${object.key.group}/${object.key.kind}`)?.delete(object);
    this.byFile.delete(uri);
  }
}

/** The objects of a file's documents. `documentAt` finds a document again by its number among the file's. */
export function sourceObjects(
  uri: string,
  documents: readonly Pick<ParsedDocument, 'value'>[],
  types: TypeRegistry,
  documentAt: (number: number) => ParsedDocument,
): SourceObject[] {
  return documents.flatMap(({ value }, number) =>
    objectsIn(value).map((object): SourceObject => ({
      ...object,
      uri,
      get type() {
        return types.typeOf(object.value.apiVersion, object.value.kind);
      },
      get key() {
        return keyOf(object.value, types);
      },
      document: () => documentAt(number),
    })),
  );
}

function keyOf(value: SourceObject['value'], types: TypeRegistry): ObjectKey {
  const { apiVersion = '', kind = '' } = value;
  const metadata = (value.metadata ?? {}) as { name?: unknown; namespace?: unknown };
  const text = (field: unknown): string => (typeof field === 'string' ? field : '');
  const namespaced = types.typeOf(apiVersion, kind)?.namespaced ?? true;
  return {
    group: parseApiVersion(apiVersion).group,
    kind,
    namespace: namespaced ? text(metadata.namespace) || 'default' : '',
    name: text(metadata.name),
  };
}
