import type { ParsedDocument } from '../../runtime/api/yaml';
import type { SourceFile } from '../documents/source-file';
import type { ManifestObject } from '../manifests/manifest-objects';

/** What tells objects apart, whatever their version. */
export interface ObjectKey {
  group: string;
  kind: string;
  /** Empty if the kind is cluster-scoped, `default` if none is written. */
  namespace: string;
  /** Empty if it is generated. */
  name: string;
}

/** A Kubernetes object as a file writes it. */
export interface SourceObject extends ManifestObject {
  readonly uri: string;
  readonly key: ObjectKey;
  /** Parsed again if the file is not open: keep no hold of it. */
  document(): ParsedDocument;
}

/**
 * The objects in the files of the workspace and in open documents; an open document counts instead of its file. URIs are
 * canonical (`canonicalUri`): `SourceFile.uri` and `SourceObject.uri` of one file are equal. Methods take any spelling.
 */
export interface Workspace {
  /** The folders have been scanned once. */
  readonly ready: Promise<void>;
  /** The folders' paths. */
  readonly folders: readonly string[];
  objects(): Iterable<SourceObject>;
  /** Everything that may be a manifest by its name (and isn't left alone), whether it has objects or not. */
  uris(): Iterable<string>;
  ofKind(group: string, kind: string): readonly SourceObject[];
  /** Several files can write one object (overlays). */
  find(key: ObjectKey): readonly SourceObject[];
  inFile(uri: string): readonly SourceObject[];
  /** Open, or read from disk; undefined if neither is possible, or the file is left alone. */
  file(uri: string): SourceFile | undefined;
  /** Files that came, changed or went, by their canonical URIs. Told at once after an edit of an open file, in batches while scanning. */
  onDidChange(listener: (uris: ReadonlySet<string>) => void): void;
}
