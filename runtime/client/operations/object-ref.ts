import type { KubeObject, Live } from '../../api/kinds';
import { apiVersionOf } from '../../api/object';
import type { ResourceClient } from '../client';
import type { Client } from '../resource-client';

/** Names an object of any kind. */
export interface ObjectRef {
  apiVersion: string;
  kind: string;
  name: string;
  /** Empty for what is not in a namespace. */
  namespace: string;
}

/** An operation can't be done on this object; `message` says why. */
export class OperationError extends Error {
  override readonly name = 'OperationError';
}

/** `Deployment "web"` */
export function nameOf({ kind, name }: ObjectRef): string {
  return `${kind} "${name}"`;
}

export function refTo(
  object: Live<KubeObject>,
  resource?: { group: string; version: string; kind: string },
): ObjectRef {
  const { name, namespace = '' } = object.metadata;
  const apiVersion = object.apiVersion ?? (resource && apiVersionOf(resource)) ?? '';
  return { apiVersion, kind: object.kind ?? resource?.kind ?? '', name, namespace };
}

/** The verbs of an object's resource, by discovery. Throws StatusError NotFound for a kind that the server lacks. */
export async function resourceOf<T extends KubeObject>(
  client: Client,
  ref: Pick<ObjectRef, 'apiVersion' | 'kind'>,
): Promise<ResourceClient<T>> {
  return client.resource<T>(await client.resourceFor(ref));
}

export async function getObject<T extends KubeObject = KubeObject>(client: Client, ref: ObjectRef): Promise<Live<T>> {
  return (await resourceOf<T>(client, ref)).get(ref.name, ref.namespace || undefined);
}
