import type { ParsedDocument } from '../../runtime/api/yaml';
import { FileParser, type SourceFile } from '../documents/source-file';
import type { TypeRegistry } from '../manifests/types';
import { ObjectIndex, type ObjectSource, sourceObjects } from '../workspace/object-index';
import type { ObjectKey, SourceObject, Workspace } from '../workspace/workspace';

export interface FixedFile {
  uri: string;
  text: string;
}

/** A workspace of files that are given once, as the command line looks at them. */
export class FixedWorkspace implements Workspace, ObjectSource {
  readonly ready = Promise.resolve();
  private readonly index = new ObjectIndex();
  private readonly byUri = new Map<string, SourceFile>();
  private readonly listeners: ((uris: ReadonlySet<string>) => void)[] = [];

  /** `read` is asked for files that were not given; configuration may lie around them. */
  constructor(
    files: readonly FixedFile[],
    readonly types: TypeRegistry,
    readonly folders: readonly string[] = [],
    private readonly read: (uri: string) => string | undefined = () => undefined,
  ) {
    for (const file of files) this.set(file);
  }

  /** A file as it is now; who listens is not told. */
  private set({ uri, text }: FixedFile): void {
    const file = new FileParser(uri).parse(text);
    this.byUri.set(uri, file);
    const objects = file.documents.flatMap(({ value }, number) => sourceObjects(uri, value, number, this));
    this.index.set(uri, objects);
  }

  replace(file: FixedFile): void {
    this.set(file);
    this.tell(new Set([file.uri]));
  }

  /** Tells who listens of files, or of all. */
  tell(uris: ReadonlySet<string> = new Set(this.byUri.keys())): void {
    for (const listener of this.listeners) listener(uris);
  }

  documentOf(uri: string, number: number): ParsedDocument {
    const document = this.byUri.get(uri)?.documents[number];
    if (!document) throw new Error(`${uri} has changed`);
    return document;
  }

  uris(): Iterable<string> {
    return this.byUri.keys();
  }

  objects(): Iterable<SourceObject> {
    return this.index.objects();
  }

  ofKind(group: string, kind: string): readonly SourceObject[] {
    return this.index.ofKind(group, kind);
  }

  find(key: ObjectKey): readonly SourceObject[] {
    return this.index.find(key);
  }

  inFile(uri: string): readonly SourceObject[] {
    return this.index.inFile(uri);
  }

  file(uri: string): SourceFile | undefined {
    const known = this.byUri.get(uri);
    if (known) return known;
    const text = this.read(uri);
    return text === undefined ? undefined : new FileParser(uri).parse(text);
  }

  onDidChange(listener: (uris: ReadonlySet<string>) => void): void {
    this.listeners.push(listener);
  }
}
