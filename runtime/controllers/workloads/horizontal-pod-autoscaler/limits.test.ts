import { describe, expect, it } from 'vitest';
import type { V2HorizontalPodAutoscalerBehavior } from '../../../api/kinds';
import { emptyHistory, normalize, rememberScale, type Normalization, type ScalingHistory } from './limits';

const second = 1000;
const given = (over: Partial<Normalization>): Normalization => ({
  current: 3, desired: 3, min: 1, max: 100, behavior: undefined, now: 1000 * second, ...over,
});

/** The replicas, and the reasons of the conditions AbleToScale (when held back) and ScalingLimited. */
function outcome(history: ScalingHistory, over: Partial<Normalization>) {
  const { replicas, stabilized, limited, limit } = normalize(history, given(over));
  return [replicas, stabilized?.reason, limited ? limit.reason : undefined];
}

describe('without a behavior', () => {
  it.each([
    ['grows to what is wanted', { desired: 5 }, [5, undefined, undefined]],
    ['no more than doubles', { desired: 50 }, [6, undefined, 'ScaleUpLimit']],
    ['reaches four from one', { current: 1, desired: 50 }, [4, undefined, 'ScaleUpLimit']],
    ['stays below the maximum', { desired: 9, max: 5 }, [5, undefined, 'TooManyReplicas']],
    ['stays above the minimum', { desired: 0, min: 2 }, [2, undefined, 'TooFewReplicas']],
  ])('%s', (_name, over, expected) => {
    expect(outcome(emptyHistory(), over)).toEqual(expected);
  });

  it('shrinks only once five minutes have wanted no more', () => {
    const history = emptyHistory();
    expect(outcome(history, { desired: 3 })).toEqual([3, undefined, undefined]);
    expect(outcome(history, { desired: 1, now: 1299 * second })).toEqual([3, 'ScaleDownStabilized', undefined]);
    expect(outcome(history, { desired: 1, now: 1300 * second })).toEqual([1, undefined, undefined]);
  });
});

describe('with a behavior', () => {
  const behavior: V2HorizontalPodAutoscalerBehavior = {
    scaleUp: {
      stabilizationWindowSeconds: 60, selectPolicy: 'Max', policies: [{ type: 'Pods', value: 2, periodSeconds: 60 }],
    },
    scaleDown: {
      stabilizationWindowSeconds: 0, selectPolicy: 'Max', policies: [{ type: 'Percent', value: 50, periodSeconds: 60 }],
    },
  };

  it('adds so many in a period, and more in the next', () => {
    const history = emptyHistory();
    expect(outcome(history, { behavior, desired: 9 })).toEqual([5, undefined, 'ScaleUpLimit']);
    rememberScale(history, behavior, 3, 5, 1000 * second);
    expect(outcome(history, { behavior, current: 5, desired: 9, now: 1059 * second })).toEqual([5, undefined, 'ScaleUpLimit']);
    expect(outcome(history, { behavior, current: 5, desired: 9, now: 1061 * second })).toEqual([7, undefined, 'ScaleUpLimit']);
  });

  it('grows only to the least that was wanted in its window', () => {
    const history = emptyHistory();
    outcome(history, { behavior, desired: 3 });
    expect(outcome(history, { behavior, desired: 5, now: 1030 * second })).toEqual([3, 'ScaleUpStabilized', undefined]);
  });

  it('takes half of them away in a period', () => {
    const history = emptyHistory();
    expect(outcome(history, { behavior, current: 8, desired: 1 })).toEqual([4, undefined, 'ScaleDownLimit']);
    rememberScale(history, behavior, 8, 4, 1000 * second);
    expect(outcome(history, { behavior, current: 4, desired: 1, now: 1030 * second })).toEqual([4, undefined, 'ScaleDownLimit']);
    expect(outcome(history, { behavior, current: 4, desired: 1, now: 1061 * second })).toEqual([2, undefined, 'ScaleDownLimit']);
  });

  it('never shrinks when that is disabled', () => {
    const disabled = { ...behavior, scaleDown: { ...behavior.scaleDown, selectPolicy: 'Disabled' } };
    expect(outcome(emptyHistory(), { behavior: disabled, current: 8, desired: 1 })).toEqual([8, undefined, 'ScaleDownLimit']);
  });
});
