import { successorOf } from '../../runtime/api/lifecycle';
import { parseApiVersion } from '../../runtime/api/object';
import type { ResourceInfo } from '../../runtime/api/resource';
import type { ParsedDocument } from '../../runtime/api/yaml';
import { objectsIn } from '../manifests/manifest-objects';
import type { TypeRegistry } from '../manifests/types';
import type { ObjectKey, SourceObject } from './workspace';

/** Objects by file, by kind, and by kind and name. */
export class ObjectIndex {
  private readonly byFile = new Map<string, readonly SourceObject[]>();
  private readonly byKind = new Map<string, Set<SourceObject>>();
  private readonly byName = new Map<string, Set<SourceObject>>();
  /** What `ofKind` has answered since the kind last changed. */
  private readonly lists = new Map<string, readonly SourceObject[]>();

  *objects(): Iterable<SourceObject> {
    for (const objects of this.byFile.values()) yield* objects;
  }

  files(): Iterable<string> {
    return this.byFile.keys();
  }

  inFile(uri: string): readonly SourceObject[] {
    return this.byFile.get(uri) ?? [];
  }

  ofKind(group: string, kind: string): readonly SourceObject[] {
    const id = `${group}/${kind}`;
    let list = this.lists.get(id);
    if (!list) this.lists.set(id, (list = [...(this.byKind.get(id) ?? [])]));
    return list;
  }

  /** A namespace is compared when it is asked for: whether a kind has one depends on definitions that may come later. */
  find({ group, kind, namespace, name }: ObjectKey): readonly SourceObject[] {
    const named = this.byName.get(`${group}/${kind}/${name}`) ?? [];
    return [...named].filter(({ key }) => key.namespace === namespace);
  }

  set(uri: string, objects: readonly SourceObject[]): void {
    this.delete(uri);
    if (objects.length === 0) return;
    this.byFile.set(uri, objects);
    for (const object of objects) {
      const { kind, name } = idsOf(object);
      add(this.byKind, kind, object);
      add(this.byName, name, object);
      this.lists.delete(kind);
    }
  }

  delete(uri: string): void {
    for (const object of this.inFile(uri)) {
      const { kind, name } = idsOf(object);
      remove(this.byKind, kind, object);
      remove(this.byName, name, object);
      this.lists.delete(kind);
    }
    this.byFile.delete(uri);
  }
}

function idsOf({ key }: SourceObject): { kind: string; name: string } {
  const kind = `${key.group}/${key.kind}`;
  return { kind, name: `${kind}/${key.name}` };
}

function add<T>(sets: Map<string, Set<T>>, id: string, member: T): void {
  const set = sets.get(id);
  if (set) set.add(member);
  else sets.set(id, new Set([member]));
}

function remove<T>(sets: Map<string, Set<T>>, id: string, member: T): void {
  const set = sets.get(id);
  if (set?.delete(member) && set.size === 0) sets.delete(id);
}

/** What finds an object's type, and its document again. */
export interface ObjectSource {
  readonly types: TypeRegistry;
  documentOf(uri: string, number: number): ParsedDocument;
}

class IndexedObject implements SourceObject {
  constructor(
    readonly uri: string,
    readonly value: SourceObject['value'],
    readonly path: string,
    private readonly number: number,
    private readonly source: ObjectSource,
  ) {}

  get type(): ResourceInfo | undefined {
    return this.source.types.typeOf(this.value.apiVersion, this.value.kind);
  }

  get key(): ObjectKey {
    const { apiVersion = '', kind = '' } = this.value;
    const { type } = this;
    const metadata = (this.value.metadata ?? {}) as { name?: unknown; namespace?: unknown };
    return {
      group: (!type && successorOf(apiVersion, kind)?.group) || parseApiVersion(apiVersion).group,
      kind,
      namespace: (type?.namespaced ?? true) ? textOf(metadata.namespace) || 'default' : '',
      name: textOf(metadata.name),
    };
  }

  document(): ParsedDocument {
    return this.source.documentOf(this.uri, this.number);
  }
}

/** The objects of a document, which is the file's `number`th. */
export function sourceObjects(uri: string, document: unknown, number: number, source: ObjectSource): SourceObject[] {
  return objectsIn(document).map(({ value, path }) => new IndexedObject(uri, value, path, number, source));
}

const textOf = (field: unknown): string => (typeof field === 'string' ? field : '');
