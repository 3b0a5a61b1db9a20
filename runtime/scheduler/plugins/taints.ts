import type { Taint, Toleration } from '../../api/kinds';

const integer = /^-?\d+$/;

function valueTolerated(toleration: Toleration, value: string): boolean {
  switch (toleration.operator || 'Equal') {
    case 'Exists':
      return true;
    case 'Equal':
      return (toleration.value ?? '') === value;
    case 'Lt':
    case 'Gt': {
      if (!integer.test(value) || !integer.test(toleration.value ?? '')) return false;
      const [taint, bound] = [BigInt(value), BigInt(toleration.value ?? '0')];
      return toleration.operator === 'Lt' ? taint < bound : taint > bound;
    }
    default:
      return false;
  }
}

/** An empty key (with Exists) tolerates every key; an empty effect every effect. */
export function tolerates(toleration: Toleration, taint: Taint): boolean {
  if (toleration.effect && toleration.effect !== taint.effect) return false;
  if (toleration.key && toleration.key !== taint.key) return false;
  return valueTolerated(toleration, taint.value ?? '');
}

export function isTolerated(taint: Taint, tolerations: readonly Toleration[] | undefined): boolean {
  return (tolerations ?? []).some((toleration) => tolerates(toleration, taint));
}

export function untoleratedTaint(
  taints: readonly Taint[] | undefined,
  tolerations: readonly Toleration[] | undefined,
  effects: readonly string[],
): Taint | undefined {
  return taints?.find((taint) => effects.includes(taint.effect) && !isTolerated(taint, tolerations));
}
