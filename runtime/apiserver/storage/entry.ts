import type { LiveMeta, UntypedObject } from '../../api/object';
import type { Revision } from '../../store/store';

export type StoredObject = UntypedObject & { metadata: LiveMeta };

/** The revision of what a dry run would have created. */
export const unstored: Revision = 0;

const metadataStart = '"metadata":{';

/**
 * One object at one revision: decoded at most once, encoded at most once, shared by every reader. The stored value is
 * the object's JSON without its resourceVersion, which is the revision that the store gave it.
 */
export class Entry {
  private decoded: StoredObject | undefined;
  private encoded: Buffer | undefined;
  private namePart: string | undefined;

  constructor(
    /** Key below the resource's prefix: `default/web`. */
    readonly key: string,
    readonly value: Buffer,
    readonly revision: Revision,
    object?: UntypedObject,
  ) {
    if (object) this.decoded = this.stamp(object);
  }

  get object(): StoredObject {
    return (this.decoded ??= this.stamp(JSON.parse(this.value.toString()) as UntypedObject));
  }

  /** The object as JSON, as the wire has it. */
  get bytes(): Buffer {
    return (this.encoded ??= this.revision === unstored ? this.value : spliceRevision(this.value, this.revision));
  }

  get name(): string {
    return (this.namePart ??= this.key.slice(this.key.indexOf('/') + 1));
  }

  /** The last state of a deleted object, at the revision that deleted it, as watches report it. */
  deletedAt(revision: Revision): Entry {
    const { metadata, ...rest } = this.object;
    return new Entry(this.key, this.value, revision, { ...rest, metadata: { ...metadata } });
  }

  private stamp(object: UntypedObject): StoredObject {
    if (this.revision === unstored) delete object.metadata.resourceVersion;
    else object.metadata.resourceVersion = String(this.revision);
    return object as StoredObject;
  }
}

/** The value to store: kind, apiVersion and metadata first, so that the revision can be spliced in without a parse. */
export function encodeStored(object: UntypedObject): Buffer {
  const { kind, apiVersion, metadata, ...rest } = object;
  const { resourceVersion: _revision, selfLink: _link, ...meta } = metadata;
  return Buffer.from(JSON.stringify({ kind, apiVersion, metadata: meta, ...rest }));
}

function spliceRevision(value: Buffer, revision: Revision): Buffer {
  const at = value.indexOf(metadataStart) + metadataStart.length;
  const text = `"resourceVersion":"${revision}",`;
  const result = Buffer.allocUnsafe(value.length + text.length);
  value.copy(result, 0, 0, at);
  result.write(text, at, 'latin1');
  value.copy(result, at + text.length, at);
  return result;
}
