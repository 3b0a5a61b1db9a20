import { beforeEach, describe, expect, it } from 'vitest';
import type { Container, Probe } from '../../api/kinds';
import { debugLease } from '../../api/debug-lease';
import { FakeClock } from '../../clock';
import { silentLogger } from '../../log';
import type { ContainerRuntime } from '../container-runtime';
import { testContainer, testPod, testRuntime, testSandbox } from '../pods/testing';
import { ProbeManager } from './probe-manager';

let clock: FakeClock;
let manager: ProbeManager;
let events: string[];
let answers: Record<string, boolean>;
let tried: string[];
let changes: number;

beforeEach(() => {
  clock = new FakeClock();
  events = [];
  answers = {};
  tried = [];
  changes = 0;
  const runtime = {
    execSync: async (_id: string, [name = '']: string[]) => {
      tried.push(name);
      return { exitCode: answers[name] === false ? 1 : 0, output: `${name} said` };
    },
  } as unknown as ContainerRuntime;
  manager = new ProbeManager({
    runtime,
    clock,
    logger: silentLogger,
    changed: () => changes++,
    events: { eventAbout: (about, _type, reason, message) => events.push(`${about.fieldPath} ${reason}: ${message}`) },
  });
});

const probe = (name: string, over: Probe = {}): Probe => ({ exec: { command: [name] }, periodSeconds: 10, ...over });

function start(probes: Partial<Container>, id = 'main-1') {
  const pod = testPod({ containers: [{ name: 'main', ...probes }] });
  const startedAt = clock.now();
  manager.update(
    pod,
    testRuntime([testSandbox()], [testContainer('main', 'running', { id, startedAt })]),
    '10.244.0.5',
  );
  return { pod, states: () => [manager.states(pod).started('main', id), manager.states(pod).ready('main', id)] };
}

describe('probes', () => {
  it('of a container without any find it started and ready', () => {
    expect(start({}).states()).toEqual([true, true]);
  });

  it('rest while a debugger holds the pod, and go on when its lease is over', async () => {
    const { pod } = start({ livenessProbe: probe('live', { failureThreshold: 1 }) });
    await clock.advance(0);
    answers.live = false;
    const held = { ...pod, metadata: { ...pod.metadata, annotations: debugLease(clock.now() + 60_000) } };
    manager.update(held, testRuntime([testSandbox()], [testContainer('main', 'running', { id: 'main-1', startedAt: 0 })]), '10.244.0.5');
    await clock.advance(59_000);
    expect([tried.length, manager.outcomes(pod.metadata.uid).liveness('main-1')]).toEqual([1, undefined]);
    await clock.advance(11_000);
    expect(manager.outcomes(pod.metadata.uid).liveness('main-1')).toBe('failure');
  });

  it('wait for their initial delay, then keep their period', async () => {
    const { states } = start({ readinessProbe: probe('ready', { initialDelaySeconds: 5 }) });
    await clock.advance(4999);
    expect([tried.length, ...states()]).toEqual([0, true, false]);
    await clock.advance(1);
    expect([tried.length, ...states()]).toEqual([1, true, true]);
    await clock.advance(30_000);
    expect(tried.length).toBe(4);
  });

  it('fail after as many failures as their threshold says, and tell of each', async () => {
    const { pod } = start({ livenessProbe: probe('live', { failureThreshold: 3 }) });
    await clock.advance(0);
    answers.live = false;
    await clock.advance(20_000);
    expect(manager.outcomes(pod.metadata.uid).liveness('main-1')).toBeUndefined();
    await clock.advance(10_000);
    expect(manager.outcomes(pod.metadata.uid).liveness('main-1')).toBe('failure');
    expect(events).toEqual(Array(3).fill('spec.containers{main} Unhealthy: Liveness probe failed: live said'));
    expect(changes).toBe(2);
  });

  it('need as many successes as their threshold says', async () => {
    answers.ready = false;
    const { states } = start({ readinessProbe: probe('ready', { successThreshold: 2, failureThreshold: 1 }) });
    await clock.advance(0);
    answers.ready = true;
    await clock.advance(10_000);
    expect(states()).toEqual([true, false]);
    await clock.advance(10_000);
    expect(states()).toEqual([true, true]);
  });

  it('of other kinds wait until the startup probe has succeeded, which then ends', async () => {
    answers.startup = false;
    const { states } = start({
      startupProbe: probe('startup', { failureThreshold: 30 }),
      livenessProbe: probe('live'),
    });
    await clock.advance(20_000);
    expect(tried).toEqual(['startup', 'startup', 'startup']);
    expect(states()).toEqual([false, true]);
    answers.startup = true;
    await clock.advance(30_000);
    expect(tried.filter((name) => name === 'startup').length).toBe(4);
    expect(tried).toContain('live');
    expect(states()).toEqual([true, true]);
  });

  it('begin anew with a new instance of the container', async () => {
    start({ readinessProbe: probe('ready') });
    await clock.advance(0);
    const { states } = start({ readinessProbe: probe('ready') }, 'main-2');
    expect(states()).toEqual([true, false]);
    await clock.advance(0);
    expect(states()).toEqual([true, true]);
  });

  it('stop with the pod', async () => {
    const { pod } = start({ readinessProbe: probe('ready') });
    await clock.advance(0);
    manager.remove(pod.metadata.uid);
    await clock.advance(60_000);
    expect(tried.length).toBe(1);
  });
});
