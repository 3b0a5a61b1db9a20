import type { Container, PodSpec } from '../../api/kinds';

/** What is changed of a workload while it is debugged. */
export interface DebugChange {
  container: string;
  /** In place of the container's command and arguments. */
  command?: readonly string[];
  /** Its probes are taken away: they would end a program that stands at a breakpoint. */
  probesOff?: boolean;
  /** All but one pod are scaled away. */
  alone?: boolean;
}

const probes = ['livenessProbe', 'readinessProbe', 'startupProbe'] as const;
type Field = (typeof probes)[number] | 'command' | 'args';

/** What a change has overwritten; null is what wasn't there. */
export interface Original {
  container: string;
  fields: Partial<Record<Field, unknown>>;
  replicas?: number;
}

interface Workload {
  spec?: { replicas?: number; template?: { spec?: PodSpec } };
}

/** What the change will overwrite; undefined when it changes nothing. */
export function originalOf({ spec }: Workload, change: DebugChange): Original | undefined {
  const container = spec?.template?.spec?.containers.find(({ name }) => name === change.container);
  const fields = fieldsOf(container, change);
  const replicas = change.alone && (spec?.replicas ?? 1) > 1 ? spec?.replicas : undefined;
  if (Object.keys(fields).length === 0 && replicas === undefined) return undefined;
  return { container: change.container, fields, ...(replicas !== undefined && { replicas }) };
}

function fieldsOf(container: Container | undefined, { command, probesOff }: DebugChange): Original['fields'] {
  const changed: Field[] = [
    ...(probesOff ? probes.filter((probe) => container?.[probe] !== undefined) : []),
    ...(command ? (['command', 'args'] as const) : []),
  ];
  return Object.fromEntries(changed.map((field) => [field, container?.[field] ?? null]));
}

/** A strategic merge patch of the workload's spec that makes the change. */
export function changePatch({ container, fields, replicas }: Original, { command }: DebugChange): object {
  const cleared = Object.fromEntries(Object.keys(fields).map((field) => [field, null]));
  return specPatch(
    { name: container, ...cleared, ...(command && { command }) },
    replicas === undefined ? undefined : 1,
  );
}

/** The patch that takes it back: of what was changed alone, so that what others changed since stays. */
export function restorePatch({ container, fields, replicas }: Original): object {
  return specPatch({ name: container, ...fields }, replicas);
}

function specPatch(container: object, replicas: number | undefined): object {
  const isChanged = Object.keys(container).length > 1;
  return {
    ...(replicas !== undefined && { replicas }),
    ...(isChanged && { template: { spec: { containers: [container] } } }),
  };
}

/** A pod by itself, as another of its spec: it has no Service's labels, no node and no probes. */
export function podCopy(spec: PodSpec, change: DebugChange): PodSpec {
  const { nodeName: _, ephemeralContainers: __, ...rest } = spec;
  return {
    ...rest,
    containers: spec.containers.map((container) => {
      if (container.name !== change.container) return container;
      const { livenessProbe: _l, readinessProbe: _r, startupProbe: _s, ...others } = container;
      if (!change.command) return change.probesOff ? others : container;
      const { args: _a, ...own } = change.probesOff ? others : container;
      return { ...own, command: [...change.command] };
    }),
  };
}

/** Whether a pod is as the change wants it. */
export function isChanged(spec: PodSpec | undefined, { container, command, probesOff }: DebugChange): boolean {
  const found = spec?.containers.find(({ name }) => name === container);
  if (!found || (probesOff && probes.some((probe) => found[probe]))) return false;
  return !command || JSON.stringify(found.command) === JSON.stringify(command);
}
