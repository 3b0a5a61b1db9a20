import { findNodeAtLocation, type Node, parseTree } from 'jsonc-parser';
import type * as z from 'zod';

export interface Problem {
  offset: number;
  length: number;
  message: string;
}

/** Where in launch.json the issues are: at the field, or at the configuration's name where the field is missing. */
export function problemsIn(
  text: string,
  name: string,
  issues: readonly Pick<z.core.$ZodIssue, 'path' | 'message'>[],
): Problem[] {
  const tree = parseTree(text);
  const list = tree && findNodeAtLocation(tree, ['configurations']);
  const configuration = list?.children?.find((each) => findNodeAtLocation(each, ['name'])?.value === name);
  if (!configuration) return [];
  return issues.map(({ path, message }) => {
    const { offset, length } =
      nearest(configuration, path) ?? findNodeAtLocation(configuration, ['name']) ?? configuration;
    return { offset, length, message: path.length > 0 ? `${path.join('.')}: ${message}` : message };
  });
}

/** The value at a path, or the deepest that there is above it; undefined for the configuration itself. */
function nearest(configuration: Node, path: readonly PropertyKey[]): Node | undefined {
  for (let length = path.length; length > 0; length--) {
    const found = findNodeAtLocation(configuration, path.slice(0, length) as (string | number)[]);
    if (found) return found;
  }
  return undefined;
}
