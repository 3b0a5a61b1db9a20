/**
 * Runs a call `count` times in batches of 1, 2, 4, …; a batch with a failure is the last one, so that a quota that is
 * full is not asked a thousand times. Returns how many succeeded and the first error.
 */
export async function slowStart(count: number, call: () => Promise<void>): Promise<{ successes: number; error?: unknown }> {
  let successes = 0;
  for (let size = Math.min(count, 1), left = count; size > 0; size = Math.min(2 * size, left)) {
    const results = await Promise.allSettled(Array.from({ length: size }, () => call()));
    const failed = results.find((result) => result.status === 'rejected');
    successes += results.filter((result) => result.status === 'fulfilled').length;
    if (failed) return { successes, error: failed.reason };
    left -= size;
  }
  return { successes };
}

/** `25%` of a total, rounded up or down, or the plain number. */
export function scaledValue(value: number | string | undefined, total: number, round: 'up' | 'down'): number {
  if (value === undefined) return 0;
  if (typeof value === 'number') return value;
  const share = (Number.parseInt(value, 10) * total) / 100;
  return round === 'up' ? Math.ceil(share) : Math.floor(share);
}

/** Conditions by type: replaces or appends one; the transition time moves only with the status. */
export function withCondition<C extends { type: string; status: string; lastTransitionTime?: string }>(
  conditions: readonly C[] | undefined, condition: C,
): C[] {
  const before = conditions?.find(({ type }) => type === condition.type);
  const next = before?.status === condition.status && before.lastTransitionTime
    ? { ...condition, lastTransitionTime: before.lastTransitionTime } : condition;
  return before ? (conditions ?? []).map((other) => (other === before ? next : other)) : [...(conditions ?? []), next];
}

export function groupBy<T>(items: readonly T[], keyOf: (item: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const item of items) {
    const group = groups.get(keyOf(item));
    if (group) group.push(item);
    else groups.set(keyOf(item), [item]);
  }
  return groups;
}
