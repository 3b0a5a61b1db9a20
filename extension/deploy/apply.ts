import type { Live, UntypedObject } from '../../runtime/api/kinds';
import { isStatusError } from '../../runtime/api/status';
import type { Client } from '../../runtime/client/resource-client';
import type { Manifest, ManifestProblem } from './manifests';

/** Server-side apply of one object, with the namespace that it names or else this one. Throws StatusError. */
export async function applyManifest(
  client: Client,
  { object }: Manifest,
  namespace: string,
  options: { dryRun?: boolean } = {},
): Promise<Live<UntypedObject>> {
  const placed = await inNamespace(client, object, namespace);
  return client.apply(placed, { fieldManager: 'podium', force: true, fieldValidation: 'Strict', ...options });
}

/** What the cluster has of an object; undefined when it has none. */
export async function liveObject(
  client: Client,
  { object }: Manifest,
  namespace: string,
): Promise<Live<UntypedObject> | undefined> {
  const { metadata, ...type } = await inNamespace(client, object, namespace);
  try {
    return await client
      .resource<UntypedObject>(await client.resourceFor(type))
      .get(metadata.name ?? '', metadata.namespace);
  } catch (error) {
    if (isStatusError(error, 'NotFound')) return undefined;
    throw error;
  }
}

async function inNamespace(client: Client, object: UntypedObject, namespace: string): Promise<UntypedObject> {
  const { namespaced } = await client.resourceFor(object);
  if (!namespaced || object.metadata.namespace) return object;
  return { ...object, metadata: { ...object.metadata, namespace } };
}

export interface Applied {
  /** `Deployment web` */
  applied: string[];
  failures: ManifestProblem[];
}

/** Applies what can be: one that fails costs only itself. In order, since later objects may need earlier ones. */
export async function applyAll(
  client: Client,
  manifests: readonly Manifest[],
  namespace: string,
  onStep: (title: string) => void,
  isCancelled: () => boolean,
): Promise<Applied> {
  const result: Applied = { applied: [], failures: [] };
  for (const manifest of manifests) {
    if (isCancelled()) break;
    const { title, uri, start } = manifest;
    onStep(title);
    try {
      await applyManifest(client, manifest, namespace);
      result.applied.push(title);
    } catch (error) {
      const { message } = error as Error;
      result.failures.push({ message: isStatusError(error) ? message : `${title}: ${message}`, uri, start });
    }
  }
  return result;
}
