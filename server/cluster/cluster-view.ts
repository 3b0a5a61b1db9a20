import type { ClusterState, ClusterTarget } from '../../runtime/client/editor-protocol';
import type { Client } from '../../runtime/client/resource-client';
import type { DryRunner } from './dry-run/dry-runner';
import type { LiveSource } from './live-source';
import type { Need } from './watches/need';
import type { LiveObject } from './watches/watches';

/** A kind of objects whose names are asked for. */
export interface NamedKind {
  group: string;
  kind: string;
}

/**
 * What the server knows of a live cluster. Nothing here waits: what is not known yet is undefined, is asked for then,
 * and `onDidChange` tells when it is there.
 */
export interface ClusterView {
  readonly state: ClusterState['state'];
  readonly details: ClusterState;
  /** Anything that is known of the cluster has changed, or which cluster it is; told once for many events. */
  onDidChange(listener: () => void): void;
  /** Namespace of objects that name none. */
  readonly namespace: string;
  /** `v1.36.2`; undefined unless connected, and of a server that doesn't tell. */
  readonly version: string | undefined;
  /** For requests of its own; undefined unless connected. */
  readonly client: Client | undefined;
  readonly dryRunner: DryRunner | undefined;
  /** What is known now of the objects that are needed. */
  source(): LiveSource;
  /** Turns to another cluster, or to none. */
  use(target: ClusterTarget | undefined): void;
  /** What the open documents need watched, from now on. */
  require(needs: Iterable<Need>): void;
  /**
   * Names and labels of all objects of a kind, or of those in a namespace; without their contents. Undefined if it is
   * not known (yet), also because it may not be asked for. Kept up to date for as long as it is asked for.
   */
  named(kind: NamedKind, namespace?: string): readonly LiveObject[] | undefined;
  /** Whether there is such an object; undefined if it is not known (yet). */
  exists(key: NamedKind & { namespace: string; name: string }): boolean | undefined;
  /**
   * Names of the keys that a ConfigMap or Secret has, as its field managers tell them: its contents never come.
   * Undefined if they are not known (yet).
   */
  keys(key: NamedKind & { namespace: string; name: string }): readonly string[] | undefined;
  /** The CustomResourceDefinition of a kind; undefined if there is none or it is not known (yet). */
  definitionOf(apiVersion: string, kind: string): LiveObject | undefined;
  /** Leaves the cluster and everything that is open to it. */
  close(): void;
}
