import { successorOf } from '../../runtime/api/lifecycle';
import { parseApiVersion } from '../../runtime/api/object';
import type { ResourceInfo } from '../../runtime/api/resource';
import type { ParsedDocument } from '../../runtime/api/yaml';
import { objectsIn } from '../manifests/manifest-objects';
import type { TypeRegistry } from '../manifests/types';
import type { ObjectKey, SourceObject } from './workspace';

/** Objects by file, by kind, and by kind and name. */
export class ObjectIndex {
  private readonly byFile = new Map<string, readonly IndexedObject[]>();
  private readonly byKind = new Map<string, Set<IndexedObject>>();
  private readonly byName = new Map<string, Set<IndexedObject>>();
  /** What `ofKind` has answered since the kind last changed. */
  private readonly lists = new Map<string, readonly SourceObject[]>();

  *objects(): Iterable<SourceObject> {
    for (const objects of this.byFile.values()) yield* objects;
  }

  files(): Iterable<string> {
    return this.byFile.keys();
  }

  inFile(uri: string): readonly IndexedObject[] {
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

  /** Objects that an edit left where they were stay as they are, and cost nothing. */
  set(uri: string, objects: readonly IndexedObject[]): void {
    const before = new Map(this.inFile(uri).map((object) => [object.place, object]));
    const after = objects.map((object) => {
      const known = before.get(object.place);
      return known?.value === object.value ? known : object;
    });
    const kept = new Set(after);
    for (const object of before.values()) if (!kept.has(object)) this.leave(object);
    for (const object of after) if (before.get(object.place) !== object) this.enter(object);
    if (after.length > 0) this.byFile.set(uri, after);
    else this.byFile.delete(uri);
  }

  delete(uri: string): void {
    this.set(uri, []);
  }

  private enter(object: IndexedObject): void {
    const { kind, name } = object.ids;
    add(this.byKind, kind, object);
    add(this.byName, name, object);
    this.lists.delete(kind);
  }

  private leave(object: IndexedObject): void {
    const { kind, name } = object.ids;
    remove(this.byKind, kind, object);
    remove(this.byName, name, object);
    this.lists.delete(kind);
  }
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

/** As the index takes it. Where it is in its file is a part of it: one at another place is another object. */
export class IndexedObject implements SourceObject {
  private knownIds: IndexedObject['ids'] | undefined;

  constructor(
    readonly uri: string,
    readonly value: SourceObject['value'],
    readonly path: string,
    private readonly number: number,
    private readonly source: ObjectSource,
  ) {}

  /** In its file. */
  get place(): string {
    return `${this.number} ${this.path}`;
  }

  /** Under what the index has it: the same as long as it is there, whatever becomes of its type. */
  get ids(): { readonly kind: string; readonly name: string } {
    if (!this.knownIds) {
      const { group, kind, name } = this.key;
      const id = `${group}/${kind}`;
      this.knownIds = { kind: id, name: `${id}/${name}` };
    }
    return this.knownIds;
  }

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
export function sourceObjects(uri: string, document: unknown, number: number, source: ObjectSource): IndexedObject[] {
  return objectsIn(document).map(({ value, path }) => new IndexedObject(uri, value, path, number, source));
}

const textOf = (field: unknown): string => (typeof field === 'string' ? field : '');
