import type { KubeObject, UntypedObject } from '../../api/object';
import type { ResourceInfo } from '../../api/resource';
import type { PrinterColumn } from '../../api/table';
import type { Schema, TypeResolver } from '../../api/schema';
import type { StatusSubject } from '../../api/status';
import type { View } from '../http/api-request';
import type { Entry } from '../storage/entry';
import type { ResourceStorage } from '../storage/resource-storage';
import type { Strategy } from './strategy';

/** What a custom resource has beyond a built-in one. */
export interface CustomDetails {
  readonly schema: Schema;
  /** Of the definition: what is made of stored objects changes with it. */
  readonly generation: number;
  /** Paths of the scale subresource, as the CRD gives them. */
  readonly scale?: { specReplicasPath: string; statusReplicasPath: string; labelSelectorPath?: string };
  readonly printerColumns: readonly PrinterColumn[];
  readonly selectableFields: readonly string[];
}

/** One served resource in one version: what it is, where it is stored, and the rules of its kind. */
export interface Endpoint {
  readonly info: ResourceInfo;
  readonly storage: ResourceStorage;
  readonly view: View;
  readonly strategy: Strategy;
  readonly resolver: TypeResolver;
  readonly schema: Schema;
  readonly custom?: CustomDetails;
  /** From this version to the stored one. */
  toStored(object: UntypedObject): UntypedObject | Promise<UntypedObject>;
}

/** Errors name resources by their plural… */
export const resourceSubject = ({ info }: Pick<Endpoint, 'info'>, name?: string): StatusSubject => ({
  ...(info.group && { group: info.group }), kind: info.resource, ...(name && { name }),
});

/** …and validation errors by their kind. */
export const kindSubject = ({ info }: Pick<Endpoint, 'info'>, name?: string): StatusSubject => ({
  ...(info.group && { group: info.group }), kind: info.kind, ...(name && { name }),
});

export function storedView(info: ResourceInfo, columns?: readonly PrinterColumn[]): View {
  return {
    info, ...(columns && { columns }),
    object: (entry) => entry.object, bytes: (entry) => entry.bytes,
  };
}

/** A view of objects that are stored in another version; each is converted and encoded once. */
export function convertedView(
  info: ResourceInfo, convert: (object: UntypedObject) => UntypedObject, columns?: readonly PrinterColumn[],
): View {
  const converted = new WeakMap<Entry, { object: KubeObject; bytes?: Buffer }>();
  const of = (entry: Entry) => {
    let made = converted.get(entry);
    if (!made) converted.set(entry, (made = { object: convert(entry.object) }));
    return made;
  };
  return {
    info, ...(columns && { columns }),
    object: (entry) => of(entry).object,
    bytes: (entry) => {
      const made = of(entry);
      return (made.bytes ??= Buffer.from(JSON.stringify(made.object)));
    },
  };
}
