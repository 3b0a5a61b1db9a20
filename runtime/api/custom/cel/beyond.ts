import type { ASTNode } from '@marcbachmann/cel-js';
import { children } from './cost';

const twoVariableMacros = new Set([
  'all', 'exists', 'existsOne', 'exists_one', 'transformList', 'transformMap', 'transformMapEntry',
]);
const absentFunctions = new Set(['semver', 'isSemver', 'image', 'isImage']);
const absentMethods = new Set([
  'mul', 'div', 'divInt', 'slice', 'flatten', 'sort', 'sortBy', 'distinct', 'reverse',
]);
const formats = /^(named|dns1\w+|qualifiedName|labelValue|uri|uuid|byte|date|datetime)$/;

function isAbsent(node: ASTNode): boolean {
  // Names of types: `type(ip('::1')) == net.IP`.
  if (node.op === 'id') return node.args === 'net' || node.args === 'kubernetes';
  if (node.op === 'call') return absentFunctions.has(node.args[0]);
  if (node.op !== 'rcall') return false;
  const [name, receiver, args] = node.args;
  const [first, second] = args;
  if (twoVariableMacros.has(name) && args.length > 2) return first?.op === 'id' && second?.op === 'id';
  if (absentMethods.has(name)) return true;
  const namespace = receiver.op === 'id' ? receiver.args : undefined;
  return (namespace === 'lists' && name === 'range') || (namespace === 'format' && formats.test(name));
}

/**
 * Whether an expression uses what API servers have and this project's CEL lacks: macros of two variables and the
 * libraries of versions, images and formats, and cel-go's of lists. Nothing can be said of it then.
 */
export const isBeyondLibrary = (node: ASTNode): boolean => isAbsent(node) || children(node).some(isBeyondLibrary);
