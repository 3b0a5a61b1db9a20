import { catalogue } from '../../../api/catalogue';
import { applySchemaDefaults } from '../../../api/defaults';
import { deepEqual } from '../../../api/equality';
import { apiVersionOf } from '../../../api/object';
import type { KubeObject, UntypedObject } from '../../../api/object';
import type { ResourceInfo } from '../../../api/resource';
import { decodeObject } from '../../../api/structure';
import type { PrinterColumn } from '../../../api/table';
import type { View } from '../../http/api-request';
import type { Entry } from '../../storage/entry';
import type { Convert } from './conversion-webhook';

/**
 * Stored custom objects in one version: converted, pruned and given the defaults that the schema has now, each once.
 * Where a webhook converts, entries must be prepared before they are read.
 */
export function customView(info: ResourceInfo, columns: readonly PrinterColumn[], convert: Convert | undefined): View {
  const apiVersion = apiVersionOf(info);
  const made = new WeakMap<Entry, { object: KubeObject; bytes?: Buffer }>();
  const isForeign = (entry: Entry) => convert !== undefined && entry.object.apiVersion !== apiVersion && !made.has(entry);
  const of = (entry: Entry) => {
    let known = made.get(entry);
    if (!known) {
      if (isForeign(entry)) throw new Error(`an object of ${entry.object.apiVersion} was read before it was converted`);
      made.set(entry, (known = { object: shaped(entry.object, info) }));
    }
    return known;
  };
  return {
    info, columns,
    object: (entry) => of(entry).object,
    bytes: (entry) => {
      const known = of(entry);
      return (known.bytes ??= known.object === entry.object ? entry.bytes : Buffer.from(JSON.stringify(known.object)));
    },
    ...(convert && {
      prepare: (entries) => {
        const foreign = entries.filter(isForeign);
        return foreign.length > 0 ? prepare(foreign) : undefined;
      },
    }),
  };

  async function prepare(entries: readonly Entry[]): Promise<void> {
    const objects = await convert!(entries.map(({ object }) => object), apiVersion);
    entries.forEach((entry, i) => made.set(entry, { object: shaped(objects[i]!, info) }));
  }
}

/** The same object where nothing about it changes. What no longer fits the schema at all is left as it was stored. */
function shaped(object: UntypedObject, info: ResourceInfo): UntypedObject {
  const { object: pruned, errors } = decodeObject(object, info.schema, catalogue);
  if (errors.length > 0) return { ...object, apiVersion: apiVersionOf(info) };
  pruned.apiVersion = apiVersionOf(info);
  applySchemaDefaults(pruned, info.schema, catalogue);
  return deepEqual(pruned, object) ? object : pruned;
}
