import type { Selector } from '../../runtime/api/labels';
import type { SourceObject } from '../workspace/workspace';
import type { KindId } from './kind-id';
import { MultiMap } from './multi-map';
import type { ObjectLinks, ObjectReference, SelectorReference } from './reference';
import type { ReferenceTable } from './table';

/** What tells one label of many, as a key of the index. */
const labelKey = (key: string, value: string) => `${key}=${value}`;
const nameKey = (id: KindId, name: string) => `${id}/${name}`;
/** Of a selector that asks for no single value. */
const anyLabel = '';

/**
 * All objects of the workspace by what others call them. An edit costs what the edited file holds; a look-up costs what it
 * finds.
 */
export class ReferenceIndex {
  private readonly files = new Map<string, readonly ObjectLinks[]>();
  private readonly names = new MultiMap<string, ObjectLinks>();
  private readonly kinds = new MultiMap<KindId, ObjectLinks>();
  private readonly pods = new MultiMap<string, ObjectLinks>();
  private readonly podLabelKeys = new MultiMap<string, ObjectLinks>();
  private readonly byName = new MultiMap<string, ObjectReference>();
  private readonly selectors = new MultiMap<string, SelectorReference>();
  private readonly mentions = new MultiMap<string, ObjectLinks>();
  private readonly folders = new MultiMap<string, string>();

  /** Counts the changes: what was found out of the index holds as long as it stays. */
  generation = 0;

  constructor(private readonly table: ReferenceTable) {}

  /** Replaces what the index knows of a file. Objects that were not edited cost nothing. */
  update(uri: string, objects: readonly SourceObject[]): void {
    this.generation++;
    const before = new Map(this.inFile(uri).map((links) => [links.object.value, links]));
    const after = objects.map((object) => {
      const known = before.get(object.value);
      before.delete(object.value);
      if (known) known.object = object;
      return known ?? this.added(object);
    });
    for (const links of before.values()) this.enter(links, 'delete');
    if (after.length > 0) this.files.set(uri, after);
    else this.files.delete(uri);
    this.folders[after.length > 0 ? 'add' : 'delete'](folderOf(uri), uri);
  }

  private added(object: SourceObject): ObjectLinks {
    const links = this.table.linksOf(object);
    this.enter(links, 'add');
    return links;
  }

  inFile(uri: string): readonly ObjectLinks[] {
    return this.files.get(uri) ?? [];
  }

  *objects(): Iterable<ObjectLinks> {
    for (const all of this.files.values()) yield* all;
  }

  named(id: KindId, name: string): ReadonlySet<ObjectLinks> {
    return this.names.get(nameKey(id, name));
  }

  ofKind(id: KindId): ReadonlySet<ObjectLinks> {
    return this.kinds.get(id);
  }

  /** Objects of the files in a folder and in those below it. */
  *inFolder(folder: string): Iterable<ObjectLinks> {
    for (const each of this.folders.keys()) {
      if (!each.startsWith(folder)) continue;
      for (const uri of this.folders.get(each)) yield* this.inFile(uri);
    }
  }

  /** The folders that hold objects, each with its own files. */
  *filesByFolder(): Iterable<readonly [folder: string, uris: ReadonlySet<string>]> {
    for (const folder of this.folders.keys()) yield [folder, this.folders.get(folder)];
  }

  /** Objects whose pods the selector matches, of any namespace. */
  podsMatching(selector: Selector): ObjectLinks[] {
    const exact = selector.requirements.find(({ key }) => selector.requiresExactMatch(key) !== undefined);
    const candidates = exact
      ? this.pods.get(labelKey(exact.key, selector.requiresExactMatch(exact.key) ?? ''))
      : this.pods.get(anyLabel);
    return [...candidates].filter(({ pod }) => selector.matches(pod?.labels));
  }

  /** Objects whose pods have a label of that key. */
  podsWithKey(key: string): ReadonlySet<ObjectLinks> {
    return this.podLabelKeys.get(key);
  }

  allPods(): ReadonlySet<ObjectLinks> {
    return this.pods.get(anyLabel);
  }

  referencesTo(id: KindId, name: string): ReadonlySet<ObjectReference> {
    return this.byName.get(nameKey(id, name));
  }

  /** Objects that hold the name otherwise than as a reference: they may well make what is so called. */
  mentioning(name: string): ReadonlySet<ObjectLinks> {
    return this.mentions.get(name);
  }

  /** Selectors that may match something with these labels; the empty ones too. */
  selectorsFor(labels: Readonly<Record<string, string>>): SelectorReference[] {
    const keys = [...Object.entries(labels).map(([key, value]) => labelKey(key, value)), anyLabel];
    return keys.flatMap((key) => [...this.selectors.get(key)].filter(({ selector }) => selector.matches(labels)));
  }

  private enter(links: ObjectLinks, change: 'add' | 'delete'): void {
    const { id, name, pod, references } = links;
    this.names[change](nameKey(id, name), links);
    this.kinds[change](id, links);
    if (pod) {
      this.pods[change](anyLabel, links);
      for (const [key, value] of Object.entries(pod.labels)) {
        this.pods[change](labelKey(key, value), links);
        this.podLabelKeys[change](key, links);
      }
    }
    for (const mention of links.mentions) this.mentions[change](mention, links);
    for (const reference of references) {
      if (reference.type === 'object') {
        for (const kind of reference.kinds) this.byName[change](nameKey(kind, reference.name), reference);
      } else if (reference.type === 'selector') this.selectors[change](bucketOf(reference), reference);
    }
  }
}

function bucketOf({ selector }: SelectorReference): string {
  for (const { key } of selector.requirements) {
    const value = selector.requiresExactMatch(key);
    if (value !== undefined) return labelKey(key, value);
  }
  return anyLabel;
}

/** With the slash at its end. */
export function folderOf(uri: string): string {
  return uri.slice(0, uri.lastIndexOf('/') + 1);
}
