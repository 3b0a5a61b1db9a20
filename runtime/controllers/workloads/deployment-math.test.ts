import { describe, expect, it } from 'vitest';
import type { ReplicaSet } from '../../api/kinds';
import { byRevision, nextRevision, revisionOf } from './deployment-math';

const set = (revision?: string): ReplicaSet => ({
  metadata: { ...(revision !== undefined && { annotations: { 'deployment.kubernetes.io/revision': revision } }) },
});

describe('revisions of a deployment', () => {
  it.each<[string | undefined, bigint]>([
    [undefined, 0n], ['', 0n], ['7', 7n], ['+7', 7n], ['-7', -7n], ['seven', 0n], ['7.5', 0n], ['1e3', 0n],
    ['9223372036854775807', 9223372036854775807n], ['9223372036854775808', 0n],
  ])('reads %j as an int64', (text, revision) => {
    expect(revisionOf(set(text))).toBe(revision);
  });

  it('count on from the highest, exactly, however high it is', () => {
    expect(nextRevision([])).toBe('1');
    expect(nextRevision([set('3'), set(), set('10')])).toBe('11');
    expect(nextRevision([set('3546343826724305832')])).toBe('3546343826724305833');
  });

  it('are ordered by number', () => {
    const sets = [set('10'), set('9'), set('3546343826724305833'), set('3546343826724305832')];
    expect(sets.sort(byRevision).map((one) => String(revisionOf(one)))).toEqual(['9', '10', '3546343826724305832', '3546343826724305833']);
  });
});
