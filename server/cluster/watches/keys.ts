import { View } from '../../../runtime/api/table/view';

/** Fields of a ConfigMap or Secret that hold keys. */
const holders = ['data', 'binaryData', 'stringData'];

/**
 * Keys of a ConfigMap or Secret by its managed fields, which stand in the metadata: what the keys hold needs not be read.
 * Undefined if nobody's fields are told.
 */
export function keysIn(object: object): readonly string[] | undefined {
  const managers = View.of(object).list('metadata', 'managedFields');
  if (managers.length === 0) return undefined;
  const keys = managers.flatMap((manager) =>
    holders.flatMap((holder) => Object.keys(manager.at('fieldsV1', `f:${holder}`).json)),
  );
  return [...new Set(keys.flatMap((key) => (key.startsWith('f:') ? [key.slice(2)] : [])))];
}
