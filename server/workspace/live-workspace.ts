import type { Logger } from '../../runtime/log';
import { type ParsedDocument, parseStretch, stretches } from '../../runtime/api/yaml';
import type { OpenDocuments } from '../documents/open-documents';
import { FileParser, type SourceFile } from '../documents/source-file';
import type { TypeRegistry } from '../manifests/types';
import { canonicalUri, isBelow, pathOf, uriOf } from './file-uri';
import { type IndexedObject, ObjectIndex, type ObjectSource, sourceObjects } from './object-index';
import { isManifestName, isScanned, manifestFolders, readManifest, readManifestNow } from './scan';
import { Slices } from './slices';
import type { ObjectKey, SourceObject, Workspace } from './workspace';

export interface WorkspaceOptions {
  documents: OpenDocuments;
  types: TypeRegistry;
  logger: Logger;
  /** Whether a file isn't left alone. */
  counts(uri: string): boolean;
  /** Called with each folder that is scanned, so that somebody may watch it. */
  onFolder(path: string): void;
}

/** Files that are read at one time. */
const readers = 8;
/** What a scan has found is told this often. */
const tellMs = 200;
/** Files on disk of which the text (or that there is none) is kept for the next one who asks. */
const keptFiles = 64;
/** One answer asks for the same files again and again; for so long what was seen is taken to be so. */
const trustMs = 250;

/** The workspace of one client, on disk. All of its URIs are canonical; those that it is asked about may be any. */
export class LiveWorkspace implements Workspace, ObjectSource {
  readonly folders: string[] = [];
  readonly ready: Promise<void>;
  readonly types: TypeRegistry;
  private isReady: () => void = () => {};
  private readonly index = new ObjectIndex();
  private readonly listeners: ((uris: ReadonlySet<string>) => void)[] = [];
  /** What the last scans and watches saw on disk. */
  private readonly onDisk = new Set<string>();
  /** Open documents that were edited since they were indexed. */
  private readonly stale = new Set<string>();
  private readonly kept = new Map<string, { stamp: string | undefined; file: SourceFile | undefined; seen: number }>();

  constructor(private readonly options: WorkspaceOptions) {
    this.types = options.types;
    this.ready = new Promise((resolve) => (this.isReady = resolve));
    options.documents.onDidChange(({ uri }) => this.edited(canonicalUri(uri)));
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
    return this.index.inFile(canonicalUri(uri));
  }

  *uris(): Iterable<string> {
    const open = this.options.documents.all().map(({ uri }) => canonicalUri(uri));
    yield* open.filter((uri) => this.options.counts(uri));
    for (const uri of this.onDisk) if (!open.includes(uri)) yield uri;
  }

  file(uri: string): SourceFile | undefined {
    if (this.options.documents.get(uri)) return this.options.documents.file(uri);
    return this.options.counts(uri) ? this.fromDisk(canonicalUri(uri)) : undefined;
  }

  onDidChange(listener: (uris: ReadonlySet<string>) => void): void {
    this.listeners.push(listener);
  }

  documentOf(uri: string, number: number): ParsedDocument {
    const document = this.file(uri)?.documents[number];
    if (!document) throw new Error(`${uri} has changed`);
    return document;
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
    this.drop((uri) => !this.contains(uri));
  }

  /** After a change of what counts. */
  async rescan(): Promise<void> {
    this.drop((uri) => !this.options.counts(uri));
    for (const { uri } of this.options.documents.all()) this.edited(canonicalUri(uri));
    for (const folder of this.folders) await this.scan(folder);
  }

  /** Files and folders of which somebody says that they came, changed or went. */
  async reread(uris: readonly string[]): Promise<void> {
    const changed = new Set<string>();
    for (const uri of uris.map(canonicalUri)) {
      this.kept.delete(uri);
      const path = pathOf(uri) ?? '';
      if (!isScanned(path)) continue;
      if (isManifestName(path)) {
        await this.read(uri);
        changed.add(uri);
      } else this.drop((other) => isBelow(other, uri) && readManifestNow(pathOf(other) ?? '') === undefined);
    }
    this.tell(changed);
  }

  /** Reads what may be manifests in and below a folder of the workspace. */
  async scan(folder: string): Promise<void> {
    let found = new Set<string>();
    let told = Date.now();
    const slices = new Slices();
    for await (const { folder: inner, files } of manifestFolders(folder)) {
      this.options.onFolder(inner);
      for (let i = 0; i < files.length; i += readers) {
        const uris = files.slice(i, i + readers).map(uriOf);
        await Promise.all(uris.map((uri) => this.read(uri, slices)));
        for (const uri of uris) found.add(uri);
        if (Date.now() - told < tellMs) continue;
        this.tell(found);
        found = new Set();
        told = Date.now();
      }
    }
    this.tell(found);
  }

  private async read(uri: string, slices = new Slices()): Promise<void> {
    const path = pathOf(uri);
    const counted = path !== undefined && this.contains(uri) && this.options.counts(uri);
    const text = counted ? await readManifest(path) : undefined;
    if (text === undefined) this.onDisk.delete(uri);
    else this.onDisk.add(uri);
    if (this.options.documents.get(uri)) return;
    const objects = text?.includes('apiVersion') ? await this.objectsOf(uri, text, slices) : [];
    // The editor may have opened it meanwhile.
    if (!this.options.documents.get(uri)) this.index.set(uri, objects);
  }

  private async objectsOf(uri: string, text: string, slices: Slices): Promise<IndexedObject[]> {
    const objects: IndexedObject[] = [];
    let number = 0;
    try {
      for (const { start, end } of stretches(text)) {
        await slices.pause();
        for (const { value } of parseStretch(text.slice(start, end))) {
          objects.push(...sourceObjects(uri, value, number++, this));
        };
      }
    } catch (error) {
      this.options.logger.error({ uri, error: String(error) }, 'a file could not be indexed');
    }
    return objects;
  }

  private fromDisk(uri: string): SourceFile | undefined {
    const known = this.kept.get(uri);
    const now = Date.now();
    if (known && now - known.seen < trustMs) return known.file;
    const read = readManifestNow(pathOf(uri) ?? '');
    const file = read?.stamp === known?.stamp ? known?.file : parsedFile(uri, read?.text());
    this.kept.delete(uri);
    this.kept.set(uri, { stamp: read?.stamp, file, seen: now });
    for (const oldest of this.kept.keys()) {
      if (this.kept.size <= keptFiles) break;
      this.kept.delete(oldest);
    }
    return file;
  }

  private edited(uri: string): void {
    this.stale.add(uri);
    this.tell(new Set([uri]));
  }

  /** Edits are indexed when somebody asks. */
  private catchUp(): void {
    for (const uri of this.stale) {
      const documents = this.options.documents.file(uri)?.documents ?? [];
      this.index.set(uri, documents.flatMap(({ value }, number) => sourceObjects(uri, value, number, this)));
    }
    this.stale.clear();
  }

  private drop(gone: (uri: string) => boolean): void {
    const uris = [...new Set([...this.index.files(), ...this.onDisk])].filter(
      (uri) => gone(uri) && !this.options.documents.get(uri),
    );
    for (const uri of uris) {
      this.index.delete(uri);
      this.onDisk.delete(uri);
    }
    this.tell(new Set(uris));
  }

  private contains(uri: string): boolean {
    return this.folders.some((folder) => isBelow(uri, uriOf(folder)));
  }

  private tell(uris: ReadonlySet<string>): void {
    if (uris.size > 0) for (const listener of this.listeners) listener(uris);
  }
}

function parsedFile(uri: string, text: string | undefined): SourceFile | undefined {
  return text === undefined ? undefined : new FileParser(uri).parse(text);
}
