import type { KindId } from '../references/kind-id';
import { sameNamespace } from '../references/nearness';
import type { ObjectLinks } from '../references/reference';
import { folderOf, type ReferenceIndex } from '../references/reference-index';
import { NameList } from './nearest';

/** Folders that hold one sort of an application's objects: what belongs together is in the folder above. */
const sorts =
  /^(apps?|base|bases|components?|configs?|configmaps?|deploy|deployments?|ingress(es)?|jobs?|manifests?|network(s|ing)?|policies|rbac|secrets?|services?|statefulsets?|storage|templates|volumes?|workloads?)$/i;

/** The folder in which an object's application is to be expected. */
export function homeOf({ object }: ObjectLinks): string {
  const folder = folderOf(object.uri);
  const above = folderOf(folder.slice(0, -1));
  return sorts.test(folder.slice(above.length, -1)) && above.split('/').length > 4 ? above : folder;
}

/** What a folder holds, by kind; made once for each state of the index. */
interface Home {
  readonly all: readonly ObjectLinks[];
  readonly kinds: ReadonlyMap<KindId, readonly ObjectLinks[]>;
  /** What was asked of it, by kinds and namespace. */
  readonly near: Map<string, readonly ObjectLinks[]>;
  readonly names: Map<string, NameList>;
  /** Of the state before. */
  readonly namesBefore: ReadonlyMap<string, NameList> | undefined;
}

const homes = new WeakMap<ReferenceIndex, { generation: number; folders: Map<string, Home>; before?: Map<string, Home> }>();

function home(index: ReferenceIndex, links: ObjectLinks): Home {
  let known = homes.get(index);
  if (known?.generation !== index.generation) {
    known = { generation: index.generation, folders: new Map(), ...(known && { before: known.folders }) };
    homes.set(index, known);
  }
  const folder = homeOf(links);
  let found = known.folders.get(folder);
  if (!found) {
    found = made([...index.inFolder(folder)], known.before?.get(folder)?.names);
    known.folders.set(folder, found);
  }
  return found;
}

function made(all: readonly ObjectLinks[], namesBefore: Home['namesBefore']): Home {
  const kinds = new Map<KindId, ObjectLinks[]>();
  for (const links of all) {
    const list = kinds.get(links.id);
    if (list) list.push(links);
    else kinds.set(links.id, [links]);
  }
  return { all, kinds, near: new Map(), names: new Map(), namesBefore };
}

/** The objects of the application's folder. */
export function inHome(index: ReferenceIndex, links: ObjectLinks): readonly ObjectLinks[] {
  return home(index, links).all;
}

export function kindsInHome(index: ReferenceIndex, links: ObjectLinks): Iterable<KindId> {
  return home(index, links).kinds.keys();
}

/** Objects of some kinds near an object, of namespaces that go with its own. The same array as long as the index stays. */
export function nearOfKind(
  index: ReferenceIndex,
  links: ObjectLinks,
  kinds: readonly KindId[],
  namespace: string | undefined,
): readonly ObjectLinks[] {
  const { kinds: byKind, near } = home(index, links);
  const key = questionOf(kinds, namespace);
  let found = near.get(key);
  if (!found) {
    found = kinds.flatMap((kind) => byKind.get(kind) ?? []).filter((each) => sameNamespace(each.namespace, namespace));
    near.set(key, found);
  }
  return found;
}

/** The names of those objects. An edit that leaves them as they are leaves what was looked up among them. */
export function namesNear(
  index: ReferenceIndex,
  links: ObjectLinks,
  kinds: readonly KindId[],
  namespace: string | undefined,
): NameList {
  const { names: lists, namesBefore } = home(index, links);
  const key = questionOf(kinds, namespace);
  const known = lists.get(key);
  if (known) return known;
  const names = nearOfKind(index, links, kinds, namespace).map(({ name }) => name).filter((name) => name !== '');
  const before = namesBefore?.get(key);
  const list = before?.holdsSame(names) ? before : new NameList(names);
  lists.set(key, list);
  return list;
}

const questionOf = (kinds: readonly KindId[], namespace: string | undefined): string =>
  namespace === undefined ? kinds.join(' ') : `${kinds.join(' ')}/${namespace}`;

/** Folders with more files are collections: of examples, of a whole cluster. */
const maxFiles = 12;

/** Whether two objects are in files of one folder that holds a single application. */
export function areBeside(a: ObjectLinks, b: ObjectLinks, index: ReferenceIndex): boolean {
  if (folderOf(a.object.uri) !== folderOf(b.object.uri)) return false;
  return new Set(inHome(index, a).map(({ object }) => object.uri)).size <= maxFiles;
}

export function inSameFile(index: ReferenceIndex, links: ObjectLinks): readonly ObjectLinks[] {
  return index.inFile(links.object.uri);
}
