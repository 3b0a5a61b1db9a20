import { readFileSync, statSync } from 'node:fs';
import { fileURLToPath, pathToFileURL } from 'node:url';
import type { Logger } from '../../runtime/log';
import type { ParsedDocument } from '../../runtime/api/yaml';
import type { OpenDocuments } from '../documents/open-documents';
import { FileParser, type SourceFile } from '../documents/source-file';
import type { TypeRegistry } from '../manifests/types';
import { ObjectIndex, sourceObjects } from './object-index';
import { isBinary, manifestPaths, maxFileBytes, readManifest } from './scan';
import type { ObjectKey, SourceObject, Workspace } from './workspace';

export interface WorkspaceOptions {
  documents: OpenDocuments;
  types: TypeRegistry;
  logger: Logger;
  /** Whether a file isn't left alone. */
  counts(uri: string): boolean;
}

/** While a folder is scanned, requests are answered at least this often. */
const sliceMs = 10;
/** What a scan has found is told this often. */
const tellMs = 200;

/** The workspace of one client, on disk. */
export class LiveWorkspace implements Workspace {
  readonly folders: string[] = [];
  readonly ready: Promise<void>;
  private isReady: () => void = () => {};
  private readonly index = new ObjectIndex();
  private readonly listeners: ((uris: ReadonlySet<string>) => void)[] = [];
  private readonly stale = new Set<string>();

  constructor(private readonly options: WorkspaceOptions) {
    this.ready = new Promise((resolve) => (this.isReady = resolve));
    options.documents.onDidChange(({ uri }) => this.edited(uri));
    options.documents.onDidClose(({ uri }) => void this.reread([uri]));
  }

  objects(): Iterable<SourceObject> {
    this.catchUp();
    return this.index.objects();
  }

  ofKind(group: string, kind: string): readonly SourceObject[] {
    this.catchUp();
    return this.index.ofKind(group, kind);
  }

  find(key: ObjectKey): readonly SourceObject[] {
    this.catchUp();
    return this.index.find(key);
  }

  inFile(uri: string): readonly SourceObject[] {
    this.catchUp();
    return this.index.inFile(uri);
  }

  file(uri: string): SourceFile | undefined {
    if (this.options.documents.get(uri)) return this.options.documents.file(uri);
    return this.options.counts(uri) ? fromDisk(uri) : undefined;
  }

  onDidChange(listener: (uris: ReadonlySet<string>) => void): void {
    this.listeners.push(listener);
  }

  /** Scans folders that are new. */
  async addFolders(paths: readonly string[]): Promise<void> {
    const added = paths.filter((path) => !this.folders.includes(path));
    this.folders.push(...added);
    for (const folder of added) await this.scan(folder);
    this.isReady();
  }

  removeFolders(paths: readonly string[]): void {
    for (const path of paths) if (this.folders.includes(path)) this.folders.splice(this.folders.indexOf(path), 1);
    const gone = [...this.index.objects()].map(({ uri }) => uri).filter((uri) => !this.contains(uri));
    for (const uri of gone) this.index.delete(uri);
    this.tell(new Set(gone));
  }

  /** Files of which the client says that they came, changed or went. */
  async reread(uris: readonly string[]): Promise<void> {
    const changed = new Set<string>();
    for (const uri of uris) {
      if (this.options.documents.get(uri)) continue;
      await this.read(uri);
      changed.add(uri);
    }
    this.tell(changed);
  }

  private async scan(folder: string): Promise<void> {
    let found = new Set<string>();
    let sliceStart = Date.now();
    let told = sliceStart;
    for await (const path of manifestPaths(folder)) {
      const uri = pathToFileURL(path).href;
      if (this.options.documents.get(uri)) continue;
      await this.read(uri);
      found.add(uri);
      if (Date.now() - sliceStart > sliceMs) {
        await new Promise(setImmediate);
        sliceStart = Date.now();
      }
      if (Date.now() - told > tellMs) {
        this.tell(found);
        found = new Set();
        told = Date.now();
      }
    }
    this.tell(found);
  }

  private async read(uri: string): Promise<void> {
    const path = pathOf(uri);
    const counted = path !== undefined && this.contains(uri) && this.options.counts(uri);
    const text = counted ? await readManifest(path) : undefined;
    // The editor may have opened it while it was read.
    if (this.options.documents.get(uri)) return;
    this.index.set(uri, text?.includes('apiVersion') ? this.objectsOf(uri, text) : []);
  }

  private objectsOf(uri: string, text: string): SourceObject[] {
    try {
      const { documents } = new FileParser(uri).parse(text);
      return sourceObjects(uri, documents, this.options.types, (number) => this.documentAt(uri, number));
    } catch (error) {
      this.options.logger.error({ uri, error: String(error) }, 'a file could not be indexed');
      return [];
    }
  }

  private documentAt(uri: string, number: number): ParsedDocument {
    const document = this.file(uri)?.documents[number];
    if (!document) throw new Error(`${uri} has changed`);
    return document;
  }

  private edited(uri: string): void {
    this.stale.add(uri);
    this.tell(new Set([uri]));
  }

  /** Edits are indexed when somebody asks. */
  private catchUp(): void {
    for (const uri of this.stale) {
      const documents = this.options.documents.file(uri)?.documents ?? [];
      this.index.set(uri, sourceObjects(uri, documents, this.options.types, (number) => this.documentAt(uri, number)));
    }
    this.stale.clear();
  }

  private contains(uri: string): boolean {
    return this.folders.some((folder) => uri.startsWith(`${pathToFileURL(folder).href.replace(/\/$/, '')}/`));
  }

  private tell(uris: ReadonlySet<string>): void {
    if (uris.size > 0) for (const listener of this.listeners) listener(uris);
  }
}

export function pathOf(uri: string): string | undefined {
  try {
    return uri.startsWith('file:') ? fileURLToPath(uri) : undefined;
  } catch {
    return undefined;
  }
}

function fromDisk(uri: string): SourceFile | undefined {
  const path = pathOf(uri);
  if (path === undefined) return undefined;
  try {
    if (statSync(path).size > maxFileBytes) return undefined;
    const text = readFileSync(path, 'utf8');
    return isBinary(text) ? undefined : new FileParser(uri).parse(text);
  } catch {
    return undefined;
  }
}
