import { expect, it } from 'vitest';
import { garbageOf } from './garbage-collector';
import { testContainer, testRuntime, testSandbox } from './pods/testing';

it('keeps the newest dead container of each name, and the newest sandbox', () => {
  const pod = testRuntime(
    [
      testSandbox({ id: 's3' }),
      testSandbox({ id: 's2', state: 'notready' }),
      testSandbox({ id: 's1', state: 'notready' }),
    ],
    [
      testContainer('a', 'running', { id: 'a3', sandboxId: 's3' }),
      testContainer('a', 1, { id: 'a2', sandboxId: 's2' }),
      testContainer('a', 1, { id: 'a1' }),
      testContainer('b', 0, { id: 'b2', sandboxId: 's3' }),
      testContainer('b', 0, { id: 'b1' }),
    ],
  );
  expect(garbageOf(pod)).toEqual({ containers: ['a1', 'b1'], sandboxes: ['s1'] });
});
