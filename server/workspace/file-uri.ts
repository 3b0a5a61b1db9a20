import { fileURLToPath, pathToFileURL } from 'node:url';

/** Undefined for what is on no disk (`untitled:`, `vscode-vfs:`). */
export function pathOf(uri: string): string | undefined {
  try {
    return uri.startsWith('file:') ? fileURLToPath(uri) : undefined;
  } catch {
    return undefined;
  }
}

/**
 * The URI of a path, as clients write it. Clients differ in what they escape (`file:///c%3A/x`), so URIs of one file may differ
 * from ours; {@link canonicalUri} makes them equal.
 */
export function uriOf(path: string): string {
  return pathToFileURL(path).href;
}

/** Asked for with every look-up; what is asked for repeats. */
const canonical = new Map<string, string>();
const maxKnown = 50_000;

/** One spelling for all of a file's URIs. */
export function canonicalUri(uri: string): string {
  let known = canonical.get(uri);
  if (known === undefined) {
    const path = pathOf(uri);
    known = path === undefined ? uri : uriOf(path);
    if (canonical.size >= maxKnown) canonical.clear();
    canonical.set(uri, known);
  }
  return known;
}

export function isBelow(uri: string, folder: string): boolean {
  return uri.startsWith(`${folder.replace(/\/$/, '')}/`);
}
