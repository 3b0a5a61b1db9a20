import type { IKeyValue } from 'etcd3';
import type { KeyValue } from '../store';

/** etcd's spelling of "to the end of all keys". */
const unbounded = Buffer.from([0]);

/** The first key after all that start with these bytes. */
export function rangeEnd(prefix: Buffer): Buffer {
  for (let i = prefix.length - 1; i >= 0; i--) {
    if (prefix[i]! === 0xff) continue;
    const end = Buffer.from(prefix.subarray(0, i + 1));
    end[i]!++;
    return end;
  }
  return unbounded;
}

/** Keys of the store live below a prefix of etcd's. */
export class KeySpace {
  private readonly length: number;

  constructor(private readonly prefix: string) {
    this.length = Buffer.byteLength(prefix);
  }

  encode(key: string): Buffer {
    return Buffer.from(this.prefix + key, 'utf8');
  }

  decode(key: Buffer): string {
    return key.toString('utf8', this.length);
  }

  keyValue({ key, value, create_revision, mod_revision, version }: IKeyValue): KeyValue {
    return {
      key: this.decode(key), value,
      createRevision: Number(create_revision), modRevision: Number(mod_revision), version: Number(version),
    };
  }
}
