type Json = Record<string, unknown>;

const isMap = (value: unknown): value is Json => typeof value === 'object' && value !== null && !Array.isArray(value);
const mergeKeys: Record<string, string> = { conditions: 'type', ownerReferences: 'uid' };

/** JSON merge patch; the strategic kind merges the two keyed lists that controllers patch. */
export function applyPatch(target: unknown, patch: unknown, strategic: boolean): unknown {
  if (!isMap(patch)) return structuredClone(patch);
  const result: Json = isMap(target) ? structuredClone(target) : {};
  for (const [key, value] of Object.entries(patch)) {
    const mergeKey = mergeKeys[key];
    if (value === null) delete result[key];
    else if (strategic && mergeKey && Array.isArray(value)) result[key] = mergeList(result[key], value as Json[], mergeKey);
    else result[key] = applyPatch(result[key], value, strategic);
  }
  return result;
}

function mergeList(target: unknown, patch: readonly Json[], key: string): Json[] {
  let list = Array.isArray(target) ? (target as Json[]).map((item) => ({ ...item })) : [];
  for (const item of patch) {
    const existing = list.find((other) => other[key] === item[key]);
    if (item['$patch'] === 'delete') list = list.filter((other) => other !== existing);
    else if (existing) Object.assign(existing, item);
    else list.push({ ...item });
  }
  return list;
}
