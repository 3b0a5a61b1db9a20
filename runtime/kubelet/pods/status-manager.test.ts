import { describe, expect, it } from 'vitest';
import type { PodStatus } from '../../api/kinds';
import { statusPatch } from './status-manager';

const ready = { type: 'Ready', status: 'True', lastTransitionTime: '2026-01-01T00:00:00Z' };

describe('the patch of a status', () => {
  it.each<[string, PodStatus, PodStatus, object | undefined]>([
    [
      'is none when nothing changed',
      { phase: 'Running', conditions: [ready] },
      { conditions: [ready], phase: 'Running' },
      undefined,
    ],
    [
      'has what changed only',
      { phase: 'Running', hostIP: '1' },
      { phase: 'Pending', hostIP: '1' },
      { phase: 'Running' },
    ],
    ['takes back what is gone', { phase: 'Running' }, { phase: 'Running', reason: 'Evicted' }, { reason: null }],
    [
      'replaces the list of addresses',
      { podIPs: [{ ip: '2' }] },
      { podIPs: [{ ip: '1' }] },
      { podIPs: [{ $patch: 'replace' }, { ip: '2' }] },
    ],
    [
      'leaves what others write',
      { phase: 'Running' },
      { phase: 'Running', nominatedNodeName: 'n', resize: 'InProgress' },
      undefined,
    ],
    [
      'does not mind the order of fields',
      { containerStatuses: [{ name: 'a', image: 'i', imageID: '', ready: true, restartCount: 0 }] },
      { containerStatuses: [{ restartCount: 0, ready: true, imageID: '', image: 'i', name: 'a' }] },
      undefined,
    ],
  ])('%s', (_name, wanted, known, expected) => {
    expect(statusPatch(wanted, known)).toEqual(expected);
  });

  it('takes the reason out of a condition that became true', () => {
    const before = { ...ready, status: 'False', reason: 'ContainersNotReady', message: 'm' };
    expect(statusPatch({ conditions: [ready] }, { conditions: [before] })).toEqual({
      conditions: [{ reason: null, message: null, ...ready }],
    });
  });
});
