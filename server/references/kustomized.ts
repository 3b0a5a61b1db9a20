import { pathToFileURL } from 'node:url';
import type { FindingContext } from '../context';
import type { SourceFile } from '../documents/source-file';
import { kustomizationsOf } from '../kustomize/kustomizations';
import { places } from './field-tree';
import { folderOf } from './reference-index';
import { slashPathOf } from '../workspace/local-files';

/** What kustomizations make of a file, as far as it bears on its references. */
export interface Kustomized {
  /** Its objects are parts of others. */
  isPatch(uri: string): boolean;
  /** Some kustomization builds both files. */
  areBuiltTogether(a: string, b: string): boolean;
  /** A kustomization of the file, or one around it, generates a ConfigMap or Secret of that name. */
  generates(uri: string, name: string): boolean;
}

export const notKustomized: Kustomized = { isPatch: () => false, areBuiltTogether: () => false, generates: () => false };

const fileNames = ['kustomization.yaml', 'kustomization.yml', 'Kustomization'];

export function kustomizedFiles(context: FindingContext): Kustomized {
  const kustomizations = kustomizationsOf(context);
  const names = new WeakMap<SourceFile, ReadonlySet<string>>();
  const generatedBy = (uri: string): ReadonlySet<string> => {
    const file = context.workspace.file(uri);
    if (!file) return none;
    let known = names.get(file);
    if (!known) names.set(file, (known = generatorNames(file)));
    return known;
  };
  return {
    isPatch(uri) {
      const path = slashPathOf(uri);
      return path !== undefined && kustomizations.rolesOf(path).has('patch');
    },
    areBuiltTogether(a, b) {
      const [one, other] = [slashPathOf(a), slashPathOf(b)];
      if (one === undefined || other === undefined) return false;
      const roots = new Set(kustomizations.rootsOf(one));
      return kustomizations.rootsOf(other).some((root) => roots.has(root));
    },
    generates(uri, name) {
      const path = slashPathOf(uri);
      const roots = path === undefined ? [] : kustomizations.rootsOf(path).map((root) => `${pathToFileURL(root).href}/`);
      const folders = new Set([...roots, ...roots.flatMap((root) => between(folderOf(uri), root)), folderOf(uri)]);
      return [...folders].some((folder) => fileNames.some((file) => generatedBy(folder + file).has(name)));
    },
  };
}

const none: ReadonlySet<string> = new Set();

function generatorNames({ documents }: SourceFile): Set<string> {
  const found = documents.flatMap(({ value }) => places(value, '{configMapGenerator,secretGenerator}[].name'));
  return new Set(found.map(({ value }) => String(value)));
}

/** The folders from one up to the one that it shares with another, without that one. */
function between(from: string, to: string): string[] {
  const folders: string[] = [];
  for (let folder = from; !to.startsWith(folder) && folder.length > 'file:///'.length; ) {
    folders.push(folder);
    folder = folderOf(folder.slice(0, -1));
  }
  return folders;
}
