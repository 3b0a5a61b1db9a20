import { folderOf, type ReferenceIndex } from './reference-index';
import type { ObjectLinks } from './reference';

/** How many folders two files share, from the root on: files below one folder are as near as files in it. */
export function nearness(a: string, b: string): number {
  let shared = 0;
  for (let i = 0; i < a.length && a[i] === b[i]; i++) if (a[i] === '/') shared++;
  return shared;
}

/**
 * Those that share the longest folder path with a file. Of variants that stand side by side (`dev/`, `prod/`) each is
 * nearest to itself, and so the others are left out.
 */
export function nearestTo<T extends { readonly object: { readonly uri: string } }>(uri: string, all: readonly T[]): T[] {
  if (all.length < 2) return [...all];
  let best = -1;
  let nearest: T[] = [];
  for (const each of all) {
    const near = nearness(uri, each.object.uri);
    if (near < best) continue;
    if (near > best) nearest = [];
    best = near;
    nearest.push(each);
  }
  return nearest;
}

/** How far an object is from a file: 0 in the file, 1 in its folder, and so on. */
export function rankOf({ object }: ObjectLinks, uri: string): number {
  return object.uri === uri ? 0 : folderRank(folderOf(object.uri), uri);
}

const folderRank = (folder: string, uri: string): number =>
  folder === folderOf(uri) ? 1 : Math.max(2, 100 - nearness(folder, uri));

/** All objects with their ranks, the nearest first. Who has enough needs to look no further. */
export function* nearestFirst(index: ReferenceIndex, uri: string): Iterable<readonly [ObjectLinks, number]> {
  for (const links of index.inFile(uri)) yield [links, 0];
  const folders = [...index.filesByFolder()].map(([folder, uris]) => ({ uris, rank: folderRank(folder, uri) }));
  for (const { uris, rank } of folders.sort((a, b) => a.rank - b.rank)) {
    for (const other of uris) {
      if (other !== uri) for (const links of index.inFile(other)) yield [links, rank];
    }
  }
}

/** Whether one of two files is in the other's folder or below it. */
export function isNear(a: string, b: string): boolean {
  return folderOf(a).startsWith(folderOf(b)) || folderOf(b).startsWith(folderOf(a));
}

/** An unwritten namespace is whatever the file is applied to, so it goes with any. */
export function sameNamespace(a: string | undefined, b: string | undefined): boolean {
  return a === undefined || b === undefined || a === b || a === '' || b === '';
}

/** Those of exactly that namespace, where there are any. */
export function inNamespace(namespace: string | undefined, all: readonly ObjectLinks[]): ObjectLinks[] {
  const compatible = all.filter((links) => sameNamespace(links.namespace, namespace));
  const exact = compatible.filter((links) => links.namespace === namespace || links.namespace === '');
  return exact.length > 0 ? exact : compatible;
}
