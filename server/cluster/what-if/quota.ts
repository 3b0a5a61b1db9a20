import { parseQuantity, type Quantity, tryParseQuantity } from '../../../runtime/api/quantity';
import { type LabelSelectorLike, SelectorError, selectorFromLabelSelector } from '../../../runtime/api/labels';
import { View } from '../../../runtime/api/table/view';
import type { Blocker } from '../../../runtime/client/editor-protocol';

/** What so many pods of a template need beyond what the quotas of their namespace have left. */
export function quotaBlockers(pod: View, count: number, quotas: readonly object[]): Blocker[] {
  if (count <= 0) return [];
  const asked = podAmounts(pod);
  return quotas
    .map((quota) => View.of(quota))
    .filter(isPlain)
    .flatMap((quota) => {
      const used = quota.map('status', 'used');
      const short = Object.entries(quota.map('status', 'hard')).flatMap(([name, hard]) => {
        const each = asked.get(name);
        const total = each?.times(count).add(tryParseQuantity(used[name] ?? '0') ?? zero);
        const isShort = total && total.compare(tryParseQuantity(hard) ?? total) > 0;
        return isShort
          ? [`${name}: ${used[name] ?? '0'} used, ${each!.times(count).toString()} more, ${hard} allowed`]
          : [];
      });
      if (short.length === 0) return [];
      return [{ by: 'quota' as const, message: `quota ${quota.text('metadata', 'name')}: ${short.join('; ')}` }];
    });
}

const zero = parseQuantity('0');

/** One that counts pods of certain scopes may not be about these. */
const isPlain = (quota: View): boolean =>
  quota.values('spec', 'scopes').length === 0 && !quota.has('spec', 'scopeSelector');

/** As quotas name them: `pods`, `requests.cpu`, `cpu`, `limits.memory`. */
function podAmounts(pod: View): Map<string, Quantity> {
  const amounts = new Map<string, Quantity>([
    ['pods', parseQuantity('1')],
    ['count/pods', parseQuantity('1')],
  ]);
  const add = (name: string, text: string): void => {
    amounts.set(name, (amounts.get(name) ?? zero).add(tryParseQuantity(text) ?? zero));
  };
  for (const container of pod.list('spec', 'containers')) {
    for (const [name, text] of Object.entries(container.map('resources', 'limits'))) add(`limits.${name}`, text);
    const requests = { ...container.map('resources', 'limits'), ...container.map('resources', 'requests') };
    for (const [name, text] of Object.entries(requests)) {
      add(`requests.${name}`, text);
      add(name, text);
    }
  }
  return amounts;
}

/** Budgets over the pods that would be replaced, which allow no disruption now: drains and evictions wait for them. */
export function disruptionBlockers(labels: Record<string, string>, budgets: readonly object[]): Blocker[] {
  return budgets
    .map((budget) => View.of(budget))
    .filter((budget) => selects(budget, labels))
    .flatMap((budget) => {
      const name = budget.text('metadata', 'name');
      const status = budget.at('status');
      const healthy = `${status.number('currentHealthy')} of ${status.number('expectedPods')} healthy`;
      if (budget.number('status', 'disruptionsAllowed') > 0 || !budget.has('status', 'expectedPods')) return [];
      return [{ by: 'disruption' as const, message: `disruption budget ${name} allows no eviction now (${healthy})` }];
    });
}

function selects(budget: View, labels: Record<string, string>): boolean {
  try {
    return selectorFromLabelSelector(budget.value('spec', 'selector') as LabelSelectorLike | undefined).matches(labels);
  } catch (error) {
    if (error instanceof SelectorError) return false;
    throw error;
  }
}
