import type { Container, EnvVar, LifecycleHandler, Pod, PodSpec, PodTemplateSpec, Probe } from '../generated/types';
import { ensure, fill, fillEmpty } from './fill';
import { defaultPullPolicy } from './image';
import { defaultPodLevelRequests, requestsFromLimits, roundUpToMilli } from './resources';
import { defaultVolume } from './volumes';

function defaultHandler(handler: LifecycleHandler | Probe): void {
  if (handler.httpGet) {
    fillEmpty(handler.httpGet, 'path', '/');
    fillEmpty(handler.httpGet, 'scheme', 'HTTP');
  }
  if ('grpc' in handler && handler.grpc) fill(handler.grpc, 'service', '');
}

function defaultProbe(probe: Probe): void {
  defaultHandler(probe);
  fillEmpty(probe, 'timeoutSeconds', 1);
  fillEmpty(probe, 'periodSeconds', 10);
  fillEmpty(probe, 'successThreshold', 1);
  fillEmpty(probe, 'failureThreshold', 3);
}

function defaultEnv(env: EnvVar[]): void {
  for (const { valueFrom } of env) {
    if (valueFrom?.fieldRef) fillEmpty(valueFrom.fieldRef, 'apiVersion', 'v1');
    if (valueFrom?.resourceFieldRef) fill(valueFrom.resourceFieldRef, 'divisor', '0');
    if (valueFrom?.fileKeyRef) fill(valueFrom.fileKeyRef, 'optional', false);
  }
}

/** Of containers, init containers and ephemeral containers alike. */
function defaultContainer(container: Container): void {
  fillEmpty(container, 'imagePullPolicy', defaultPullPolicy(container.image ?? ''));
  fillEmpty(container, 'terminationMessagePath', '/dev/termination-log');
  fillEmpty(container, 'terminationMessagePolicy', 'File');
  for (const port of container.ports ?? []) fillEmpty(port, 'protocol', 'TCP');
  if (container.env) defaultEnv(container.env);
  for (const probe of [container.livenessProbe, container.readinessProbe, container.startupProbe])
    if (probe) defaultProbe(probe);
  for (const handler of [container.lifecycle?.postStart, container.lifecycle?.preStop])
    if (handler) defaultHandler(handler);
  if (container.resources) {
    roundUpToMilli(container.resources.limits);
    roundUpToMilli(container.resources.requests);
  }
}

/** What pods and pod templates have in common. */
export function defaultPodSpec(spec: PodSpec): void {
  fillEmpty(spec, 'restartPolicy', 'Always');
  fill(spec, 'terminationGracePeriodSeconds', 30);
  fillEmpty(spec, 'dnsPolicy', 'ClusterFirst');
  fill(spec, 'securityContext', {});
  fillEmpty(spec, 'schedulerName', 'default-scheduler');
  syncServiceAccount(spec);
  for (const container of [
    ...(spec.initContainers ?? []),
    ...(spec.containers ?? []),
    ...(spec.ephemeralContainers ?? []),
  ]) {
    defaultContainer(container);
  }
  for (const volume of spec.volumes ?? []) defaultVolume(volume);
  roundUpToMilli(spec.overhead);
  roundUpToMilli(spec.resources?.limits);
  roundUpToMilli(spec.resources?.requests);
}

/** `serviceAccount` is the old name of `serviceAccountName`; the API server writes both. */
function syncServiceAccount(spec: PodSpec): void {
  const name = spec.serviceAccountName || spec.serviceAccount;
  if (name) spec.serviceAccountName = spec.serviceAccount = name;
}

function defaultHostPorts(containers: Container[] | undefined): void {
  for (const container of containers ?? []) {
    for (const port of container.ports ?? []) fillEmpty(port, 'hostPort', port.containerPort);
  }
}

/** Only of pods: a template keeps what its author wrote. */
export function defaultPod(pod: Pod): void {
  const spec = ensure(pod, 'spec', () => ({ containers: [] }));
  defaultPodSpec(spec);
  for (const container of [...(spec.containers ?? []), ...(spec.initContainers ?? [])]) {
    if (container.resources) requestsFromLimits(container.resources);
  }
  defaultPodLevelRequests(spec);
  fill(spec, 'enableServiceLinks', true);
  if (spec.hostNetwork) {
    defaultHostPorts(spec.containers);
    defaultHostPorts(spec.initContainers);
  }
}

export function defaultTemplate(template: PodTemplateSpec | undefined): void {
  if (template) defaultPodSpec(ensure(template, 'spec', () => ({ containers: [] })));
}
