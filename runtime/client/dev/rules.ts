import { posix } from 'node:path';
import picomatch from 'picomatch';
import type { DevRule } from './settings';

/** What a changed path asks for; `to` is its absolute path in the container. */
export type Change =
  | { do: 'sync' | 'restart'; path: string; to: string }
  | { do: 'run'; path: string; to: string; command: string }
  | { do: 'rebuild'; path: string };

/** What each change does, by the first rule that matches its path; paths are relative to the rules' root, with slashes. */
export function changeReader(rules: readonly DevRule[]): (path: string) => Change | undefined {
  const readers = rules.map(reader);
  return (path) => {
    for (const read of readers) {
      const change = read(path);
      if (change) return change;
    }
    return undefined;
  };
}

function reader(rule: DevRule): (path: string) => Change | undefined {
  const glob = posix.normalize(rule.path).replace(/(.)\/$/, '$1');
  const { base, isGlob } = picomatch.scan(glob);
  const root = glob === '.' ? '' : isGlob ? base : glob;
  const matches = picomatch(root === '' && !isGlob ? '**' : isGlob ? glob : [escapeGlob(glob), `${escapeGlob(glob)}/**`], { dot: true });
  return (path) => {
    if (!matches(path)) return undefined;
    if (rule.do === 'rebuild') return { do: 'rebuild', path };
    const to = destination(rule.to, path, root);
    return rule.do === 'run' ? { do: 'run', path, to, command: rule.command } : { do: rule.do, path, to };
  };
}

/** A path below the rule's folder keeps its place; one that the rule names itself becomes `to`, or goes into it. */
function destination(to: string, path: string, root: string): string {
  if (path === root) return to.endsWith('/') ? posix.join(to, posix.basename(path)) : to;
  return posix.join(to, posix.relative(root, path));
}

function escapeGlob(path: string): string {
  return path.replace(/[\\$^*+?()[\]{}!|]/g, '\\$&');
}
