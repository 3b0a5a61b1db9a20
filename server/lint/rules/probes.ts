import { isDeepStrictEqual } from 'node:util';
import * as z from 'zod';
import type { Service } from '../../../runtime/api/kinds';
import { selectsPlainly } from '../selection';
import { containerRule, type LintRule } from '../rule';
import type { ContainerView, PodView } from '../subject';
import type { Neighbours } from '../neighbours';

const runsOn = ({ role, pod }: ContainerView) => !pod.endsByItself && (role === 'main' || role === 'sidecar');

/** Whether a Service of the workspace sends traffic to the pod. */
function isServed({ subject, metadata }: PodView, neighbours: Neighbours): boolean {
  return neighbours
    .in<Service>(subject.namespace, '/Service')
    .some(({ object: { spec } }) => selectsPlainly(spec?.selector, metadata?.labels));
}

/** The container's first port can at least be dialled. */
function probeFix({ container, path }: ContainerView, field: string) {
  const port = container.ports?.find(({ protocol = 'TCP' }) => protocol === 'TCP');
  if (!port) return undefined;
  const value = { tcpSocket: { port: port.name ?? port.containerPort } };
  return {
    title: `Add a ${field} that dials port ${value.tcpSocket.port}`,
    edits: [{ set: `${path}.${field}`, value }],
  };
}

const readinessOptions = z.object({
  onlyBehindService: z.boolean().default(false).describe('Only of pods that a Service of the workspace selects.'),
});

export const readinessProbeMissing = containerRule<z.infer<typeof readinessOptions>>({
  id: 'readiness-probe-missing',
  category: 'reliability',
  wide: true,
  title: 'A container without a readiness probe',
  why:
    'Without one a pod gets traffic as soon as its process runs, before the program listens, and keeps getting it ' +
    'when the program can serve no more. A rolling update does not wait for anything either.',
  repair: 'Add a `readinessProbe` that asks for what a request needs.',
  options: readinessOptions,
  check(view, { onlyBehindService }, neighbours) {
    const { container, path, role, pod } = view;
    if (!runsOn(view) || role === 'sidecar' || container.readinessProbe) return undefined;
    if (onlyBehindService && !isServed(pod, neighbours)) return undefined;
    const fix = probeFix(view, 'readinessProbe');
    return { at: path, message: `container "${container.name}" has no readiness probe`, ...(fix && { fix }) };
  },
});

export const livenessProbeMissing = containerRule({
  id: 'liveness-probe-missing',
  category: 'reliability',
  title: 'A container without a liveness probe',
  why:
    'A program that hangs without ending is restarted by nobody. (A program that ends when it is broken needs no ' +
    'probe.)',
  repair:
    'Add a `livenessProbe` that asks only for what a restart would repair: never for a database or another service.',
  check(view) {
    const { container, path, role } = view;
    if (!runsOn(view) || role === 'sidecar' || container.livenessProbe) return undefined;
    const fix = probeFix(view, 'livenessProbe');
    return { at: path, message: `container "${container.name}" has no liveness probe`, ...(fix && { fix }) };
  },
});

export const startupProbeMissing = containerRule({
  id: 'startup-probe-missing',
  category: 'reliability',
  title: 'A liveness probe without a startup probe',
  why:
    'A slow start is taken for a hang: the liveness probe restarts the container before it is up, again and again. ' +
    'A long `initialDelaySeconds` makes every later hang last as long.',
  repair: 'Add a `startupProbe` with the same question and a `failureThreshold` for the slowest start.',
  check(view) {
    const { container, path } = view;
    if (!runsOn(view) || !container.livenessProbe || container.startupProbe) return undefined;
    const { exec, grpc, httpGet, tcpSocket } = container.livenessProbe;
    const value = {
      ...(exec && { exec }),
      ...(grpc && { grpc }),
      ...(httpGet && { httpGet }),
      ...(tcpSocket && { tcpSocket }),
      failureThreshold: 30,
    };
    return {
      at: `${path}.livenessProbe`,
      message: `container "${container.name}" has a liveness probe and no startup probe`,
      fix: { title: 'Add a startup probe that asks the same', edits: [{ set: `${path}.startupProbe`, value }] },
    };
  },
});

export const probesIdentical = containerRule({
  id: 'probes-identical',
  category: 'reliability',
  title: 'The same probe for readiness and liveness',
  why:
    'Both fail at the same moment, so a container that is only busy is restarted instead of being given a rest: the ' +
    'load moves to the others, and they follow.',
  repair: 'Let the liveness probe ask for less, or let it fail later (`failureThreshold`).',
  check(view) {
    const { container, path } = view;
    const { livenessProbe, readinessProbe } = container;
    if (!runsOn(view) || !livenessProbe || !isDeepStrictEqual(livenessProbe, readinessProbe)) return undefined;
    const threshold = (livenessProbe.failureThreshold ?? 3) * 2;
    return {
      at: `${path}.livenessProbe`,
      message: `readiness and liveness probe of container "${container.name}" are the same`,
      fix: {
        title: `Let the liveness probe fail later (failureThreshold: ${threshold})`,
        edits: [{ set: `${path}.livenessProbe.failureThreshold`, value: threshold }],
      },
    };
  },
});

export const probeRules: LintRule[] = [
  readinessProbeMissing,
  livenessProbeMissing,
  startupProbeMissing,
  probesIdentical,
];
