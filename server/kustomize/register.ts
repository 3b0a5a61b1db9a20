import { kustomizationSchema } from '../../runtime/api/kustomize';
import { fieldAt } from '../../runtime/api/kind-info';
import type { ServerContext } from '../context';
import { schemaSuggestions } from '../features/completion';
import { fieldText } from '../features/hover';
import { cursorAt } from '../manifests/cursor';
import { kustomizationsOf } from './kustomizations';
import { pathSuggestions, registerKustomizePaths } from './paths';

/** Kustomizations: what they name, what they build and what their fields mean. */
export function registerKustomize(context: ServerContext): void {
  const kustomizations = kustomizationsOf(context);
  registerKustomizePaths(context, kustomizations);
  const { providers } = context;
  providers.add('completion', 'kustomize', ({ file, cursor }) => {
    if (file.kind !== 'kustomization') return [];
    return [...schemaSuggestions(cursor, kustomizationSchema), ...pathSuggestions(file, cursor, kustomizations)];
  });
  providers.add('hover', 'kustomize', ({ file, offset }) => {
    const cursor = file.kind === 'kustomization' ? cursorAt(file.documents, offset) : undefined;
    const path = typeof cursor?.path.at(-1) === 'number' ? cursor.path.slice(0, -1) : cursor?.path;
    const markdown = path && fieldText(fieldAt(kustomizationSchema, path));
    return markdown && cursor ? [{ markdown, range: cursor.range }] : [];
  });
}
