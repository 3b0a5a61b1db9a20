import { readFileSync, readdirSync, statSync } from 'node:fs';
import { join, resolve, sep } from 'node:path';
import type { Logger } from '../../runtime/log';
import type { ResourceInfo } from '../../runtime/api/resource';
import { isManifestName, maxFileBytes } from '../workspace/scan';
import { typesInText } from './definitions';

const maxFiles = 2000;

/**
 * The types that files of definitions define: each of `paths` is a file, a folder (with all below it) or a glob of `*`, `**`
 * and `?`, relative to the first workspace folder. What can't be read is told in the log and passed over.
 */
export function typesInFiles(paths: readonly string[], folder: string, logger: Logger): ResourceInfo[] {
  return paths.flatMap((path) => {
    try {
      return filesOf(resolve(folder, path)).flatMap((file) => typesInText(readFileSync(file, 'utf8')));
    } catch (error) {
      logger.warn({ path, error: String(error) }, 'definitions of custom resources could not be read');
      return [];
    }
  });
}

function filesOf(path: string): string[] {
  const star = path.search(/[*?]/);
  if (star < 0) return statSync(path).isDirectory() ? filesBelow(path) : [path];
  const base = path.slice(0, path.lastIndexOf(sep, star)) || sep;
  const pattern = globExpression(path.split(sep).join('/'));
  return filesBelow(base).filter((file) => pattern.test(file.split(sep).join('/')));
}

function filesBelow(folder: string): string[] {
  const found: string[] = [];
  const pending = [folder];
  for (let next = pending.pop(); next !== undefined && found.length < maxFiles; next = pending.pop()) {
    for (const entry of readdirSync(next, { withFileTypes: true })) {
      const path = join(next, entry.name);
      if (entry.isDirectory()) pending.push(path);
      else if (entry.isFile() && isManifestName(entry.name) && statSync(path).size <= maxFileBytes) found.push(path);
    }
  }
  return found.sort();
}

function globExpression(glob: string): RegExp {
  const parts = glob.replace(/[.+^${}()|[\]\\]/g, '\\$&').split('**/');
  const expression = parts.map((part) => part.replaceAll('**', '\0').replaceAll('*', '[^/]*').replaceAll('?', '[^/]'));
  return new RegExp(`^${expression.join('(?:[^/]+/)*').replaceAll('\0', '.*')}$`);
}
