import type { KindId } from '../references/kind-id';
import { sameNamespace } from '../references/nearness';
import type { ObjectLinks } from '../references/reference';
import { folderOf, type ReferenceIndex } from '../references/reference-index';

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
}

const homes = new WeakMap<ReferenceIndex, { generation: number; folders: Map<string, Home> }>();

function home(index: ReferenceIndex, links: ObjectLinks): Home {
  let known = homes.get(index);
  if (known?.generation !== index.generation) {
    known = { generation: index.generation, folders: new Map() };
    homes.set(index, known);
  }
  const folder = homeOf(links);
  let found = known.folders.get(folder);
  if (!found) known.folders.set(folder, (found = made([...index.inFolder(folder)])));
  return found;
}

function made(all: readonly ObjectLinks[]): Home {
  const kinds = new Map<KindId, ObjectLinks[]>();
  for (const links of all) {
    const list = kinds.get(links.id);
    if (list) list.push(links);
    else kinds.set(links.id, [links]);
  }
  return { all, kinds };
}

/** The objects of the application's folder. */
export function inHome(index: ReferenceIndex, links: ObjectLinks): readonly ObjectLinks[] {
  return home(index, links).all;
}

export function kindsInHome(index: ReferenceIndex, links: ObjectLinks): Iterable<KindId> {
  return home(index, links).kinds.keys();
}

/** Objects of some kinds near an object, of namespaces that go with its own. */
export function nearOfKind(
  index: ReferenceIndex,
  links: ObjectLinks,
  kinds: readonly KindId[],
  namespace: string | undefined,
): ObjectLinks[] {
  const { kinds: byKind } = home(index, links);
  return kinds.flatMap((kind) => byKind.get(kind) ?? []).filter((each) => sameNamespace(each.namespace, namespace));
}

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
