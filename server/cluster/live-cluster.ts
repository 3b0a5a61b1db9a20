import type { ClusterState, ClusterTarget } from '../../runtime/client/editor-protocol';
import type { Client } from '../../runtime/client/resource-client';
import type { Clock } from '../../runtime/clock';
import type { Logger } from '../../runtime/log';
import type { ClusterView, NamedKind } from './cluster-view';
import { type ConnectedCluster, Connection } from './connection';
import type { DryRunner } from './dry-run/dry-runner';
import type { LiveSource } from './live-source';
import { builtInResource, Interests, keysNeed, namesNeed } from './watches/interests';
import type { Need } from './watches/need';
import { keysIn } from './watches/keys';
import { type LiveObject, Watches } from './watches/watches';

/** Events are told together that come within so long. */
const gatherMs = 30;
/** How often it is looked whether something that was asked for is asked for no longer. */
const reviewMs = 60_000;

/** The cluster that the open documents are compared with, watched as far as they need it. */
export class LiveCluster implements ClusterView {
  private readonly connection: Connection;
  private readonly interests: Interests;
  private readonly listeners: (() => void)[] = [];
  private connected: ConnectedCluster | undefined;
  private watches: Watches | undefined;
  private documentNeeds: Need[] = [];
  private cancelTelling: (() => void) | undefined;
  private cancelReview: (() => void) | undefined;
  private planning = false;

  constructor(
    private readonly clock: Clock,
    private readonly logger: Logger,
  ) {
    this.interests = new Interests(clock, () => this.planSoon());
    this.connection = new Connection({
      clock,
      logger,
      connected: (cluster) => this.turnTo(cluster),
      stateChanged: () => this.changed(),
    });
  }

  get details(): ClusterState {
    return this.connection.state;
  }

  get state(): ClusterState['state'] {
    return this.details.state;
  }

  get namespace(): string {
    return this.connected?.namespace ?? 'default';
  }

  get version(): string | undefined {
    return this.connected?.version;
  }

  get client(): Client | undefined {
    return this.connected?.client;
  }

  get dryRunner(): DryRunner | undefined {
    return this.connected?.dryRunner;
  }

  /** How many lists are kept up to date. */
  get watching(): number {
    return this.watches?.size ?? 0;
  }

  onDidChange(listener: () => void): void {
    this.listeners.push(listener);
  }

  source(): LiveSource {
    const { watches } = this;
    return { now: this.clock.now(), find: (need) => (need ? watches?.find(need) : undefined) };
  }

  use(target: ClusterTarget | undefined): void {
    this.connection.use(target);
  }

  require(needs: Iterable<Need>): void {
    this.documentNeeds = [...needs];
    this.plan();
  }

  named({ group, kind }: NamedKind, namespace?: string): readonly LiveObject[] | undefined {
    const resource = this.watches && builtInResource(group, kind);
    if (!resource) return undefined;
    const need = namesNeed(resource, resource.namespaced ? namespace : undefined);
    this.interests.ask(need);
    return this.watches?.find(need);
  }

  exists({ group, kind, namespace, name }: NamedKind & { namespace: string; name: string }): boolean | undefined {
    return this.named({ group, kind }, namespace || undefined)?.some(({ metadata }) => metadata.name === name);
  }

  keys({ group, kind, namespace, name }: NamedKind & { namespace: string; name: string }): readonly string[] | undefined {
    const resource = this.watches && builtInResource(group, kind);
    if (!resource) return undefined;
    const need = keysNeed(resource, namespace, name);
    this.interests.ask(need);
    const object = this.watches?.find(need)?.[0];
    return object && keysIn(object);
  }

  definitionOf(apiVersion: string, kind: string): LiveObject | undefined {
    const { client } = this;
    const need = client && this.interests.definitionNeed(client, apiVersion, kind);
    if (!need) return undefined;
    this.interests.ask(need);
    return this.watches?.find(need)?.[0];
  }

  close(): void {
    this.connection.close();
    this.cancelTelling?.();
    this.listeners.length = 0;
  }

  private turnTo(cluster: ConnectedCluster | undefined): void {
    this.watches?.stop();
    this.interests.clear();
    this.cancelReview?.();
    this.connected = cluster;
    const { clock, logger } = this;
    this.watches = cluster && new Watches({ client: cluster.client, clock, logger, changed: () => this.changed() });
    if (!cluster) return;
    this.plan();
    this.review();
  }

  private plan(): void {
    this.watches?.require([...this.documentNeeds, ...this.interests.current()]);
  }

  /** Many things are asked for in one go. */
  private planSoon(): void {
    if (this.planning) return;
    this.planning = true;
    queueMicrotask(() => {
      this.planning = false;
      this.plan();
    });
  }

  private review(): void {
    this.cancelReview = this.clock.after(reviewMs, () => {
      this.plan();
      this.review();
    });
  }

  private changed(): void {
    this.cancelTelling ??= this.clock.after(gatherMs, () => {
      this.cancelTelling = undefined;
      for (const listener of this.listeners) listener();
    });
  }
}
