import type { UntypedObject } from '../../runtime/api/kinds';
import { codesOfCheck, type Tool } from './origins';

/**
 * The codes that an object's annotations say to leave alone: `podium/ignore: CODE, CODE`, and what kube-linter,
 * kube-score and Polaris read. `all` for all of them.
 */
export function ignoredByAnnotations({ metadata }: UntypedObject): string[] {
  const annotations: unknown = (metadata as { annotations?: unknown } | null | undefined)?.annotations;
  if (typeof annotations !== 'object' || annotations === null) return [];
  return Object.entries(annotations).flatMap(([key, value]) => codesOf(key, String(value)));
}

function codesOf(key: string, value: string): readonly string[] {
  const slash = key.indexOf('/');
  const [prefix, name] = [key.slice(0, slash), key.slice(slash + 1)];
  switch (prefix) {
    case 'podium':
      return name === 'ignore' ? listed(value) : [];
    case 'kube-linter.io':
      return name === 'ignore-all' ? ['all'] : [];
    case 'ignore-check.kube-linter.io':
      return ours('kube-linter', name);
    case 'kube-score':
      return name === 'ignore'
        ? listed(value).flatMap((check) => (check === '*' ? ['all'] : ours('kube-score', check)))
        : [];
    case 'polaris.fairwinds.com':
      if (value !== 'true') return [];
      return name === 'exempt' ? ['all'] : ours('polaris', name.replace(/-exempt$/, ''));
    default:
      return [];
  }
}

const listed = (text: string): string[] =>
  text
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '');

/** What a check finds here; a name that is none is taken for a code of ours. */
function ours(tool: Tool, check: string): readonly string[] {
  const codes = codesOfCheck(tool, check);
  return codes.length > 0 ? codes : [check];
}
