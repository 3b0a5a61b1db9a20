import type { ConfigMap, DownwardAPIVolumeFile, KeyToPath, Pod, Secret } from '../../api/kinds';
import { fieldValue, type PodFacts, resourceValue } from '../env/field-ref';
import type { Payload, PayloadFile } from './atomic-writer';

/** A volume can't be set up; the kubelet tries again. */
export class VolumeError extends Error {
  override readonly name = 'VolumeError';
}

export const defaultFileMode = 0o644;

interface Selection {
  items?: readonly KeyToPath[];
  defaultMode?: number;
  optional?: boolean;
}

/** Files of a config map. An optional one that isn't there gives none. */
export function configMapFiles(found: ConfigMap | undefined, name: string, selection: Selection): Payload {
  if (!found && !selection.optional) throw new VolumeError(`configmap ${JSON.stringify(name)} not found`);
  const values = new Map<string, Buffer>();
  for (const [key, value] of Object.entries(found?.data ?? {})) values.set(key, Buffer.from(value));
  for (const [key, value] of Object.entries(found?.binaryData ?? {})) values.set(key, Buffer.from(value, 'base64'));
  return select(values, selection, (key) => `configmap references non-existent config key: ${key}`);
}

export function secretFiles(found: Secret | undefined, name: string, selection: Selection): Payload {
  if (!found && !selection.optional) throw new VolumeError(`secret ${JSON.stringify(name)} not found`);
  const values = new Map(Object.entries(found?.data ?? {}).map(([key, value]) => [key, Buffer.from(value, 'base64')]));
  return select(values, selection, (key) => `references non-existent secret key: ${key}`);
}

function select(
  values: ReadonlyMap<string, Buffer>,
  { items, defaultMode = defaultFileMode, optional }: Selection,
  missing: (key: string) => string,
): Payload {
  const files = new Map<string, PayloadFile>();
  if (!items?.length) {
    for (const [key, content] of values) files.set(key, { content, mode: defaultMode });
    return files;
  }
  for (const { key, path, mode } of items) {
    const content = values.get(key);
    if (content) files.set(path, { content, mode: mode ?? defaultMode });
    else if (!optional) throw new VolumeError(missing(key));
  }
  return files;
}

export function downwardFiles(
  pod: Pod,
  items: readonly DownwardAPIVolumeFile[],
  defaultMode: number | undefined,
  facts: PodFacts,
): Payload {
  const files = new Map<string, PayloadFile>();
  for (const { path, mode, fieldRef, resourceFieldRef } of items) {
    let value = '';
    if (fieldRef) value = fieldValue(pod, fieldRef.fieldPath, facts);
    else if (resourceFieldRef) {
      const containers = [...(pod.spec?.containers ?? []), ...(pod.spec?.initContainers ?? [])];
      const container = containers.find(({ name }) => name === resourceFieldRef.containerName);
      if (!container) throw new VolumeError(`container ${resourceFieldRef.containerName} not found`);
      value = resourceValue(container, resourceFieldRef.resource, resourceFieldRef.divisor, facts);
    }
    files.set(path.replace(/^\/+/, ''), { content: Buffer.from(value), mode: mode ?? defaultMode ?? defaultFileMode });
  }
  return files;
}
