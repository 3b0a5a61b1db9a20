import { describe, expect, it } from 'vitest';
import type { CoreV1Event as Event, Deployment, Live, ReplicaSet } from '../../runtime/api/kinds';
import { eventLines } from './events';
import { RolloutHistory } from './rollout';

const meta = (name: string) => ({ name, uid: name, resourceVersion: '1', creationTimestamp: '2026-01-01T00:00:00Z' });
const deployment = { metadata: meta('web'), spec: { replicas: 2 } } as object as Live<Deployment>;

function set(revision: number, replicas: number, ready: number): Live<ReplicaSet> {
  const annotations = { 'deployment.kubernetes.io/revision': String(revision) };
  return { metadata: { ...meta(`web-${revision}`), annotations }, spec: { replicas }, status: { replicas, readyReplicas: ready } } as object as Live<ReplicaSet>;
}

function event(name: string, about: string, lastTimestamp: string): Live<Event> {
  return { metadata: meta(name), reason: name, lastTimestamp, involvedObject: { kind: 'Deployment', name: about, uid: about } };
}

describe('the timeline of a rollout', () => {
  it('keeps what changes and when, the newest revision first', () => {
    const history = new RolloutHistory();
    const at = (now: number, ...replicaSets: Live<ReplicaSet>[]) => history.take(now, { deployment, replicaSets, events: [], complete: true });
    at(1000, set(1, 2, 2));
    at(2000, set(1, 2, 2));
    const { sets, samples } = at(3000, set(1, 1, 1), set(2, 1, 0));
    expect(sets.map(({ revision }) => revision)).toEqual([2, 1]);
    expect(samples).toEqual([
      { time: 1000, counts: { 'web-1': { replicas: 2, ready: 2 } } },
      { time: 3000, counts: { 'web-2': { replicas: 1, ready: 0 }, 'web-1': { replicas: 1, ready: 1 } } },
    ]);
  });

  it('has the events of the deployment and its replica sets alone', () => {
    const events = [event('b', 'web-1', '2026-01-01T00:02:00Z'), event('a', 'web', '2026-01-01T00:01:00Z'), event('c', 'other', '2026-01-01T00:03:00Z')];
    const { events: lines } = new RolloutHistory().take(0, { deployment, replicaSets: [set(1, 2, 2)], events, complete: true });
    expect(lines.map(({ reason }) => reason)).toEqual(['a', 'b']);
  });

  it('says that a deployment is gone, once that is known', () => {
    const take = (complete: boolean) => new RolloutHistory().take(0, { deployment: undefined, replicaSets: [], events: [], complete });
    expect(take(true).error).toBe('The deployment does not exist.');
    expect(take(false).error).toBeUndefined();
  });
});

describe('the stream of events', () => {
  it('has the newest first', () => {
    const events = [event('old', 'web', '2026-01-01T00:01:00Z'), event('new', 'web', '2026-01-01T00:02:00Z')];
    expect(eventLines({ events, complete: true }).lines.map(({ reason }) => reason)).toEqual(['new', 'old']);
  });
});
