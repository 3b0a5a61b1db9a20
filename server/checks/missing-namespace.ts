import { isBuiltIn, type KindId } from '../references/kind-id';
import type { ObjectLinks } from '../references/reference';
import type { CheckContext, CheckFinding } from './check';
import { similarName } from './nearest';
import { inSameFile, nearOfKind } from './surroundings';
import { isWellKnown } from './well-known';
import { objectAndFile, quote } from './words';

const at = ['metadata', 'namespace'];

/** Namespaces that the workspace doesn't make though it makes those of all the others around. */
export function* missingNamespaces(links: ObjectLinks, { index, live, settings }: CheckContext): Iterable<CheckFinding> {
  const { namespace } = links;
  if (!namespace || settings.missing === 'never' || isWellKnown('Namespace', namespace)) return;
  if (index.named('Namespace', namespace).size > 0 || index.mentioning(namespace).size > 0) return;
  if (live.has('Namespace', undefined, namespace) === true) return;
  const made = nearOfKind(index, links, ['Namespace'], undefined);
  const similar = similarName(namespace, made.map(({ name }) => name));
  const sure = settings.missing === 'always' || similar !== undefined || live.has('Namespace', undefined, namespace) === false;
  if (!sure && !isOddOneOut(links, index)) return;
  const nearest = made.find(({ name }) => name === similar) ?? made[0];
  const hint = nearest ? `; nearest is ${objectAndFile(nearest, links)}` : '';
  yield {
    at,
    severity: 'warning',
    code: 'missing-namespace',
    message: `Namespace ${quote(namespace)} does not exist in the workspace${hint}`,
    ...(nearest && { related: [{ object: nearest, at: ['metadata', 'name'], message: `Namespace ${quote(nearest.name)}` }] }),
    ...(similar !== undefined && { fixes: [{ title: `Change to ${quote(similar)}`, at, value: similar, sure: true }] }),
  };
}

/** What applications put into namespaces that others made. */
const guests: ReadonlySet<KindId> = new Set(['Role', 'RoleBinding', 'NetworkPolicy']);

/** The file makes namespaces, and all its other objects are in one of them. */
function isOddOneOut(links: ObjectLinks, index: CheckContext['index']): boolean {
  if (guests.has(links.id) || !isBuiltIn(links.id)) return false;
  const file = inSameFile(index, links);
  const made = new Set(file.filter(({ id }) => id === 'Namespace').map(({ name }) => name));
  const others = file.filter(({ namespace }) => namespace && namespace !== links.namespace);
  return made.size > 0 && others.length > 0 && others.every(({ namespace }) => made.has(namespace ?? ''));
}
