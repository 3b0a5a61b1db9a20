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

export function inHome(index: ReferenceIndex, links: ObjectLinks): ObjectLinks[] {
  return [...index.inFolder(homeOf(links))];
}

/** Objects of some kinds near an object, of namespaces that go with its own. */
export function nearOfKind(
  index: ReferenceIndex,
  links: ObjectLinks,
  kinds: readonly KindId[],
  namespace: string | undefined,
): ObjectLinks[] {
  return inHome(index, links).filter(({ id, ...each }) => kinds.includes(id) && sameNamespace(each.namespace, namespace));
}

export function inSameFile(index: ReferenceIndex, links: ObjectLinks): readonly ObjectLinks[] {
  return index.inFile(links.object.uri);
}
