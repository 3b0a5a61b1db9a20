import { posix } from 'node:path';
import { gunzipSync } from 'node:zlib';
import type { ChartFiles } from './chart';

/** Of an unpacked archive, in bytes: charts are small, and what isn't is no chart. */
const maxUnpacked = 64 * 1024 * 1024;
const block = 512;

type Entries = ReadonlyMap<string, Uint8Array>;

/** Files of which archives (`charts/name-1.0.0.tgz`) are folders with what is packed in them. */
export function withArchives(files: ChartFiles): ChartFiles {
  return files instanceof ArchivedFiles ? files : new ArchivedFiles(files);
}

class ArchivedFiles implements ChartFiles {
  private readonly known = new Map<string, { bytes: Uint8Array; entries: Entries }>();

  constructor(private readonly files: ChartFiles) {}

  read(path: string): Uint8Array | undefined {
    const packed = this.packed(path);
    return packed ? packed.entries.get(packed.name) : this.files.read(path);
  }

  kind(path: string): 'file' | 'folder' | undefined {
    const packed = this.packed(path);
    if (!packed) return this.files.kind(path);
    if (packed.entries.has(packed.name)) return 'file';
    return this.namesIn(packed).length > 0 ? 'folder' : undefined;
  }

  list(folder: string): string[] {
    const packed = this.packed(`${folder}/`);
    return packed ? this.namesIn(packed) : this.files.list(folder);
  }

  realPath(path: string): string {
    return this.packed(path) ? path : this.files.realPath(path);
  }

  private namesIn({ entries, name }: { entries: Entries; name: string }): string[] {
    const prefix = name === '' ? '' : `${name}/`;
    const names = [...entries.keys()].filter((each) => each.startsWith(prefix));
    return [...new Set(names.map((each) => each.slice(prefix.length).split('/')[0] ?? ''))].sort();
  }

  /** The archive that a path goes into, and where in it. */
  private packed(path: string): { entries: Entries; name: string } | undefined {
    const [, archive, name = ''] = /^(.*?\.tgz)\/(.*)$/.exec(path) ?? [];
    const bytes = archive === undefined ? undefined : this.files.read(archive);
    if (archive === undefined || !bytes) return undefined;
    const last = this.known.get(archive);
    const entries = last && Buffer.from(last.bytes).equals(bytes) ? last.entries : unpacked(bytes);
    this.known.set(archive, { bytes, entries });
    return { entries, name: name.replace(/\/$/, '') };
  }
}

/** The files of a `.tgz`, by their paths; none of what is no archive. Links and what leads outside are left out. */
export function unpacked(bytes: Uint8Array): Entries {
  try {
    return entriesOf(gunzipSync(bytes, { maxOutputLength: maxUnpacked }));
  } catch {
    return new Map();
  }
}

function entriesOf(tar: Buffer): Entries {
  const found = new Map<string, Uint8Array>();
  let longName: string | undefined;
  for (let at = 0; at + block <= tar.length && tar[at] !== 0; ) {
    const text = (from: number, length: number) =>
      tar.toString('utf8', at + from, at + from + length).replace(/\0.*$/s, '');
    const size = Number.parseInt(text(124, 12).trim() || '0', 8);
    if (!Number.isSafeInteger(size) || size < 0) break;
    const content = tar.subarray(at + block, at + block + size);
    const type = text(156, 1);
    const prefix = text(257, 5) === 'ustar' ? text(345, 155) : '';
    const name = longName ?? posix.join(prefix, text(0, 100));
    longName = undefined;
    if (type === 'L') longName = content.toString('utf8').replace(/\0.*$/s, '');
    else if (type === 'x') longName = /\d+ path=(.*)\n/.exec(content.toString('utf8'))?.[1];
    else if ((type === '' || type === '0') && isInside(name)) found.set(posix.normalize(name), content);
    at += block + Math.ceil(size / block) * block;
  }
  return found;
}

const isInside = (name: string): boolean => !name.startsWith('/') && !name.split('/').includes('..');
