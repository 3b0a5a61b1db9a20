import type { UntypedObject } from '../api/kinds';

/**
 * What the language server and a client of it say to each other beyond LSP. Types and method names only: both sides
 * import this file, and neither imports the other. Positions and ranges are LSP's (lines and UTF-16 units from 0).
 */

export const editorMethods = {
  /** Notification to the server, {@link ClusterTarget} or null: the cluster whose state is shown, or none. */
  cluster: 'podium/cluster',
  /** Notification from the server, {@link ClusterState}. */
  clusterState: 'podium/clusterState',
  /** Notification from the server, {@link DriftParams}: only to a client that announced `drift`. */
  drift: 'podium/drift',
  /** Request to the server, {@link WhatIfParams} → {@link WhatIfResult}. */
  whatIf: 'podium/whatIf',
  /** Notification to the server, null: the user has come to trust the workspace. */
  trusted: 'podium/trusted',
  /** Request to the server, null → {@link WorkspaceIndexed}: answers once the workspace's folders have been scanned. */
  workspaceIndexed: 'podium/workspaceIndexed',
  /** Request to the server, {@link WorkspaceObjectsParams} → {@link WorkspaceObjects}. */
  workspaceObjects: 'podium/workspaceObjects',
  /** Notification from the server, null: what it last answered to `workspaceObjects` may have changed. Once for each answer. */
  workspaceChanged: 'podium/workspaceChanged',
} as const;

/** `initializationOptions` of the initialize request. */
export interface EditorInitialization {
  /** The `podium.*` commands that the client implements; code lenses are made of these alone. */
  commands?: readonly (LensCommand | ReferencesCommand)[];
  /** The client marks drift itself; others get it as diagnostics of severity hint. */
  drift?: boolean;
  /** The user trusts the workspace, so that programs may be run on what is in it. Not so unless told. */
  trusted?: boolean;
  /** Whether the client is to ask for the diagnostics of files that are not open too. So unless told. */
  workspaceDiagnostics?: boolean;
  /** As the notification `podium/cluster`. */
  cluster?: ClusterTarget | null;
}

/** Where a cluster is found. Without anything: what `podium.cluster.*` says, and else no cluster. */
export interface ClusterTarget {
  /** Files, merged as kubectl merges `$KUBECONFIG`. */
  kubeconfig?: readonly string[];
  /** A kubeconfig itself, instead of files. */
  kubeconfigText?: string;
  /** The current one unless told. */
  context?: string;
  /** Namespace of objects that name none; the context's unless told. */
  namespace?: string;
}

export interface ClusterState {
  state: 'none' | 'connecting' | 'connected' | 'unreachable';
  /** URL of the API server. */
  server?: string;
  context?: string;
  namespace?: string;
  /** Why it is unreachable. */
  message?: string;
}

export type LensCommand =
  | 'podium.deploy'
  | 'podium.diff'
  | 'podium.logs'
  | 'podium.shell'
  | 'podium.forward'
  | 'podium.debug';

/** Shows places; its argument is a {@link ReferencesTarget}. */
export type ReferencesCommand = 'podium.showReferences';

export interface WorkspaceIndexed {
  /** Files that have objects. */
  files: number;
  objects: number;
}

export interface WorkspaceObjectsParams {
  /** Kinds of the objects that are wanted. */
  kinds: readonly string[];
}

export interface WorkspaceObjects {
  objects: readonly WorkspaceObject[];
}

/** An object with a name, as a file writes it. What the API server could not decode is left out. */
export interface WorkspaceObject {
  uri: string;
  object: UntypedObject;
}

interface Position {
  line: number;
  character: number;
}

interface Range {
  start: Position;
  end: Position;
}

/** The one argument of a lens's command: an object in a file, and where it lives. */
export interface LensTarget {
  uri: string;
  /** Of the object's `kind` in the file. */
  range: Range;
  apiVersion: string;
  kind: string;
  name: string;
  /** Empty for what is not in a namespace. */
  namespace: string;
  /** Pods that are the object's, ready ones first; of a Service, those behind it. */
  pods?: readonly string[];
  /** A Service's or container's ports. */
  ports?: readonly number[];
}

/** The one argument of `podium.showReferences`. */
export interface ReferencesTarget {
  uri: string;
  position: Position;
  locations: readonly { uri: string; range: Range }[];
}

export interface DriftParams {
  uri: string;
  /** Version of the document that was compared. */
  version: number;
  fields: readonly DriftField[];
}

/** A field whose value in the cluster differs from the one that the file gives it. */
export interface DriftField {
  /** Of the value in the file, or of its key. */
  range: Range;
  /** `spec.replicas` */
  path: string;
  file: string;
  /** Undefined if the cluster's object lacks the field. */
  live?: string;
  /** Who set the live value last: `kube-controller-manager`. */
  manager?: string;
}

export interface WhatIfParams {
  uri: string;
  /** The object that is here alone; all of the document's unless told. */
  position?: Position;
}

export interface WhatIfResult {
  /** Who was asked: the cluster by dry-run, or nobody, so that only what the file itself tells is known. */
  basis: 'cluster' | 'file';
  objects: readonly WhatIfObject[];
}

export interface WhatIfObject {
  range: Range;
  apiVersion: string;
  kind: string;
  name: string;
  namespace: string;
  change: 'created' | 'changed' | 'unchanged' | 'refused' | 'unknown';
  /** What would be written, field by field. */
  fields: readonly FieldChange[];
  pods?: PodsChange;
  /** What would refuse it, or hold it up. */
  blockers: readonly Blocker[];
  /** The server's Warning headers. */
  warnings: readonly string[];
}

export interface FieldChange {
  path: string;
  /** As JSON; undefined for a field that is new. */
  before?: string;
  /** As JSON; undefined for a field that goes. */
  after?: string;
}

/** What the change does to pods, as a sentence and in numbers. */
export interface PodsChange {
  created: number;
  replaced: number;
  removed: number;
  text: string;
}

export interface Blocker {
  by: 'immutable' | 'quota' | 'disruption' | 'admission' | 'validation' | 'conflict' | 'namespace';
  message: string;
  /** Path of the field that it is about. */
  path?: string;
}
