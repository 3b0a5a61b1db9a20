import { describe, expect, it } from 'vitest';
import type { Live, Pod, StatefulSet } from '../../api/kinds';
import { planStateful } from './stateful-set';

const pod = (ordinal: number, ready: boolean, leaving = false): Live<Pod> => ({
  metadata: {
    name: `web-${ordinal}`, namespace: 'shop', uid: String(ordinal), resourceVersion: '1', creationTimestamp: '2026-01-01T00:00:00Z',
    labels: { 'controller-revision-hash': 'a' }, ...(leaving && { deletionTimestamp: '2026-01-01T00:01:00Z' }),
  },
  status: { phase: 'Running', conditions: [{ type: 'Ready', status: ready ? 'True' : 'False' }] },
});

/** `2:up 1:down 0:leaving` scaled to some number: the ordinals that are created and removed next. */
function plan(pods: string, replicas: number, podManagementPolicy = 'OrderedReady'): string {
  const set: StatefulSet = { metadata: { name: 'web' }, spec: { replicas, podManagementPolicy, selector: {}, template: {}, serviceName: 'web' } };
  const actions = planStateful({
    set, updateRevision: 'a', currentRevision: 'a', now: 0,
    pods: pods.split(' ').filter(Boolean).map((text) => {
      const [ordinal, state] = text.split(':');
      return pod(Number(ordinal), state === 'up', state === 'leaving');
    }),
  });
  return actions.map((action) => ('create' in action ? `+${action.create}` : `-${action.remove.metadata.name?.slice(4)}`)).join(' ');
}

describe('an ordered stateful set', () => {
  it.each([
    ['grows one at a time', '0:up', 3, '+1'],
    ['waits for the last to come up', '0:up 1:down', 3, ''],
    ['waits for the first to come up again', '0:down 1:up', 3, ''],
    ['shrinks from the top, one at a time', '0:up 1:up 2:up', 1, '-2'],
    ['waits for the one that leaves', '0:up 1:up 2:leaving', 1, ''],
    ['shrinks no further while those below are unwell', '0:down 1:down 2:down', 0, ''],
    ['shrinks no further while one that is to leave next is unwell', '0:up 1:down 2:down', 1, ''],
    ['takes out the only one that is unwell', '0:up 1:up 2:down', 0, '-2'],
    ['takes out one that is well above one that is not', '0:up 1:down 2:up', 0, '-2'],
  ])('%s', (_name, pods, replicas, expected) => {
    expect(plan(pods, replicas)).toBe(expected);
  });
});

describe('a parallel stateful set', () => {
  it.each([
    ['grows at once', '0:down', 3, '+1 +2'],
    ['shrinks at once, well or not', '0:down 1:down 2:leaving 3:up', 1, '-3 -1'],
  ])('%s', (_name, pods, replicas, expected) => {
    expect(plan(pods, replicas, 'Parallel')).toBe(expected);
  });
});
