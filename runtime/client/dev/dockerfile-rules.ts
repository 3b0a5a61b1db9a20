import { posix } from 'node:path';
import type { DevRule } from './settings';

interface Instruction {
  word: string;
  rest: string;
}

/**
 * The rules that a Dockerfile stands for, their paths relative to its context: what its last stage copies is synced to the same
 * place; what a later RUN may have read, and everything else of the context, needs a rebuild. `isFolder` tells of paths there.
 */
export function dockerfileRules(text: string, isFolder: (path: string) => boolean): DevRule[] {
  const stage = lastStage(instructions(text));
  const lastRun = stage.findLastIndex(({ word }) => word === 'RUN');
  const rules: DevRule[] = [{ do: 'rebuild', path: 'Dockerfile' }, { do: 'rebuild', path: '.dockerignore' }];
  let folder: string | undefined;
  for (const [index, { word, rest }] of stage.entries()) {
    if (word === 'WORKDIR') folder = resolveIn(folder, unquoted(rest));
    if (word === 'COPY' || word === 'ADD') rules.push(...copyRules(rest, folder, index < lastRun, isFolder));
  }
  return [...rules, { do: 'rebuild', path: '**' }];
}

function copyRules(rest: string, folder: string | undefined, isRead: boolean, isFolder: (path: string) => boolean): DevRule[] {
  const words = copyWords(rest);
  if (!words) return [];
  const target = words.at(-1) ?? '';
  const to = target.includes('$') ? undefined : resolveIn(folder, target);
  const sources = words.slice(0, -1);
  return sources.map((source): DevRule => {
    const path = posix.normalize(source).replace(/^\/+/, '').replace(/(.)\/$/, '$1') || '.';
    if (to === undefined || isRead || /[$:]/.test(source)) return { do: 'rebuild', path };
    const isInto = sources.length > 1 || /\/$|(^|\/)\.{1,2}$/.test(target) || /[*?[]/.test(source);
    return { do: 'sync', path, to: isInto && !isFolder(path) ? posix.join(to, '/') : to };
  });
}

/** Sources and target; undefined for what is copied from elsewhere than the context. */
function copyWords(rest: string): string[] | undefined {
  const flags = /^(?:--\S+\s+)*/.exec(rest)?.[0] ?? '';
  const text = rest.slice(flags.length);
  if (flags.includes('--from=') || text.startsWith('<<')) return undefined;
  const words = text.startsWith('[') ? jsonWords(text) : text.split(/\s+/).map(unquoted);
  return words.length > 1 ? words : undefined;
}

function jsonWords(text: string): string[] {
  try {
    const words: unknown = JSON.parse(text);
    return Array.isArray(words) ? words.map(String) : [];
  } catch {
    return [];
  }
}

/** Undefined where only the base image knows: its own working folder. */
function resolveIn(folder: string | undefined, path: string): string | undefined {
  if (path.startsWith('/')) return path === '/' ? path : posix.normalize(path).replace(/\/$/, '');
  return folder === undefined || path.includes('$') ? undefined : posix.join(folder, path).replace(/(.)\/$/, '$1');
}

function lastStage(all: readonly Instruction[]): Instruction[] {
  return all.slice(all.findLastIndex(({ word }) => word === 'FROM') + 1);
}

function instructions(text: string): Instruction[] {
  const lines = text.split(/\r?\n/).filter((line) => !/^\s*#/.test(line)).join('\n').replaceAll(/\\[ \t]*\n/g, ' ').split('\n');
  return lines.flatMap((line) => {
    const [, word, rest] = /^\s*([a-z]+)\s+(.*?)\s*$/i.exec(line) ?? [];
    return word && rest ? [{ word: word.toUpperCase(), rest }] : [];
  });
}

function unquoted(word: string): string {
  return word.replace(/^(["'])(.*)\1$/, '$2');
}
