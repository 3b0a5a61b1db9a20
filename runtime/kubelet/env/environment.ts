import type { ConfigMap, Container, EnvVar, Pod, Secret } from '../../api/kinds';
import { expand } from './expand';
import { fieldValue, FieldRefError, type PodFacts, resourceValue } from './field-ref';

/** A container can't be configured; the message is that of its waiting state. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
}

/** What environments are made of beyond the pod itself. Undefined: there is no such object. */
export interface EnvironmentSources {
  configMap(name: string): Promise<ConfigMap | undefined>;
  secret(name: string): Promise<Secret | undefined>;
  serviceVariables: ReadonlyMap<string, string>;
  facts: PodFacts;
}

export interface Environment {
  variables: { name: string; value: string }[];
  /** Keys of an envFrom that are no names of variables, in the words of the event. */
  skipped: string[];
}

/** Variable names are relaxed since 1.34: any printable ASCII character but `=`. */
const variableName = /^[ -<>-~]+$/;

/**
 * The environment of a container (kubelet's makeEnvironmentVariables). Service variables lose against everything; in
 * `env` a `$(NAME)` sees what stands before it, and services.
 */
export async function containerEnvironment(
  pod: Pod,
  container: Container,
  sources: EnvironmentSources,
): Promise<Environment> {
  const result = new Map<string, string>();
  const skipped: string[] = [];
  for (const from of container.envFrom ?? []) {
    const data = await envFromData(pod, from, sources);
    const invalid: string[] = [];
    for (const [key, value] of Object.entries(data.values).sort(([a], [b]) => (a < b ? -1 : 1))) {
      const name = `${from.prefix ?? ''}${key}`;
      if (variableName.test(name)) result.set(name, value);
      else invalid.push(name);
    }
    if (invalid.length > 0) {
      skipped.push(
        `Keys [${invalid.sort().join(', ')}] from the EnvFrom ${data.kind} ${pod.metadata.namespace}/${data.name} ` +
          'were skipped since they are considered invalid environment variable names.',
      );
    }
  }
  const declared = new Map<string, string>();
  for (const variable of container.env ?? []) {
    const lookup = (name: string): string | undefined =>
      declared.get(name) ?? result.get(name) ?? sources.serviceVariables.get(name);
    const value = variable.valueFrom
      ? await valueFrom(pod, container, variable, sources)
      : expand(variable.value ?? '', lookup);
    if (value === undefined) continue;
    declared.set(variable.name, value);
  }
  for (const [name, value] of declared) result.set(name, value);
  for (const [name, value] of sources.serviceVariables) if (!result.has(name)) result.set(name, value);
  return { variables: [...result].map(([name, value]) => ({ name, value })), skipped };
}

type EnvFrom = NonNullable<Container['envFrom']>[number];

async function envFromData(
  pod: Pod,
  from: EnvFrom,
  sources: EnvironmentSources,
): Promise<{ kind: string; name: string; values: Record<string, string> }> {
  if (from.configMapRef) {
    const name = from.configMapRef.name ?? '';
    const found = await sources.configMap(name);
    if (!found && !from.configMapRef.optional) throw new ConfigError(`configmap ${JSON.stringify(name)} not found`);
    return { kind: 'configMap', name, values: found?.data ?? {} };
  }
  const name = from.secretRef?.name ?? '';
  const found = await sources.secret(name);
  if (!found && !from.secretRef?.optional) throw new ConfigError(`secret ${JSON.stringify(name)} not found`);
  return { kind: 'secret', name, values: decoded(found?.data) };
}

const decoded = (data: Record<string, string> | undefined): Record<string, string> =>
  Object.fromEntries(Object.entries(data ?? {}).map(([key, value]) => [key, Buffer.from(value, 'base64').toString()]));

/** Undefined: an optional source that isn't there, so that the variable isn't set. */
async function valueFrom(
  pod: Pod,
  container: Container,
  variable: EnvVar,
  sources: EnvironmentSources,
): Promise<string | undefined> {
  const from = variable.valueFrom ?? {};
  try {
    if (from.fieldRef) return fieldValue(pod, from.fieldRef.fieldPath, sources.facts);
    if (from.resourceFieldRef) {
      const { containerName, resource, divisor } = from.resourceFieldRef;
      const of = containerName
        ? [...(pod.spec?.containers ?? []), ...(pod.spec?.initContainers ?? [])].find(
            ({ name }) => name === containerName,
          )
        : container;
      if (!of) throw new ConfigError(`container ${containerName} not found`);
      return resourceValue(of, resource, divisor, sources.facts);
    }
  } catch (error) {
    throw error instanceof FieldRefError ? new ConfigError(error.message) : error;
  }
  if (from.configMapKeyRef) {
    const { name = '', key, optional } = from.configMapKeyRef;
    const found = await sources.configMap(name);
    return keyOf(
      { title: 'configmap', kind: 'ConfigMap', namespace: pod.metadata.namespace, name, key, optional },
      found && (found.data ?? {}),
    );
  }
  if (from.secretKeyRef) {
    const { name = '', key, optional } = from.secretKeyRef;
    const found = await sources.secret(name);
    return keyOf(
      { title: 'secret', kind: 'Secret', namespace: pod.metadata.namespace, name, key, optional },
      found && decoded(found.data),
    );
  }
  return undefined;
}

interface KeyReference {
  title: string;
  kind: string;
  namespace: string | undefined;
  name: string;
  key: string;
  optional: boolean | undefined;
}

function keyOf(reference: KeyReference, data: Record<string, string> | undefined): string | undefined {
  const value = data?.[reference.key];
  if (value !== undefined || reference.optional) return value;
  if (!data) throw new ConfigError(`${reference.title} ${JSON.stringify(reference.name)} not found`);
  throw new ConfigError(
    `couldn't find key ${reference.key} in ${reference.kind} ${reference.namespace}/${reference.name}`,
  );
}

/** Command or arguments with `$(NAME)` replaced out of the container's environment. */
export function expandAll(words: readonly string[] | undefined, environment: Environment): string[] | undefined {
  const values = new Map(environment.variables.map(({ name, value }) => [name, value]));
  return words?.map((word) => expand(word, (name) => values.get(name)));
}
