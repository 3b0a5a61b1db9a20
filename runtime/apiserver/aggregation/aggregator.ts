import type { IncomingMessage } from 'node:http';
import type { APIResourceList, APIService } from '../../api/kinds';
import { compareVersions } from '../../api/discovery';
import { deepEqual } from '../../api/equality';
import type { ResourceInfo } from '../../api/resource';
import type { Transport } from '../../client/transport';
import type { Clock } from '../../clock';
import type { Logger } from '../../log';
import type { ConnectTarget } from '../http/connect';
import type { Backends } from '../proxy';
import type { ApiLister, UserInfo } from '../request';
import type { Cacher } from '../storage/cacher';
import { resourcePrefix } from '../storage/keys';
import type { CacheEvent, CacheWatcher } from '../storage/resource-cache';
import { failedCheck, passed, unavailable, type Availability } from './availability';
import { discoveredResources } from './discovered-resources';
import { fetchDocument, forward, type FrontProxy } from './forward';

export interface AggregationOptions {
  readonly backends: Pick<Backends, 'dial'>;
  /** What this server shows to those behind it, so that they believe whom it says it speaks for. */
  readonly frontProxy: FrontProxy;
}

interface Aggregated {
  readonly service: APIService;
  availability: Availability | undefined;
  resources: readonly ResourceInfo[];
  /** A look is under way. */
  checking: boolean;
  cancel(): void;
}

const collection = '/apis/apiregistration.k8s.io/v1/apiservices';
const kind = { group: 'apiregistration.k8s.io', resource: 'apiservices' };
/** Milliseconds between looks at a server that answers, and at one that doesn't. */
const checkPeriod = { available: 30_000, unavailable: 2_000 };

/**
 * Group versions that other API servers answer (kube-aggregator): requests go on to them in the user's name, their
 * resources are in discovery, and the condition Available of their APIServices follows what they say.
 */
export class Aggregator implements CacheWatcher {
  private readonly served = new Map<string, Aggregated>();
  private readonly prefix = resourcePrefix(kind.group, kind.resource, true);
  private closed = false;
  /** Grows with every change of what is served. */
  generation = 0;

  constructor(
    private readonly options: AggregationOptions, private readonly cacher: Cacher, private readonly lister: ApiLister,
    private readonly transport: Transport, private readonly clock: Clock, private readonly logger: Logger,
  ) {}

  start(): void {
    this.cacher.cache(this.prefix).watch(this, this.cacher.revision);
    this.follow();
  }

  close(): void {
    this.closed = true;
    this.cacher.cache(this.prefix).unwatch(this);
    for (const { cancel } of this.served.values()) cancel();
  }

  deliver(_events: readonly CacheEvent[]): void {
    this.follow();
  }

  lost(): void {
    if (!this.closed) this.cacher.cache(this.prefix).watch(this, this.cacher.revision);
  }

  /** The group version of a path that another server answers: `group/version`. */
  answeredElsewhere(path: string): string | undefined {
    if (this.served.size === 0) return undefined;
    const [, root, group, version] = path.split('/');
    const groupVersion = `${group}/${version}`;
    return root === 'apis' && this.served.has(groupVersion) ? groupVersion : undefined;
  }

  async forward(groupVersion: string, user: UserInfo, request: IncomingMessage, target: ConnectTarget): Promise<void> {
    const { service } = this.served.get(groupVersion)!;
    await forward(this.reach(service), user, request, target);
  }

  /** This server's own resources without those of group versions that others answer, and theirs. */
  merged(own: readonly ResourceInfo[]): readonly ResourceInfo[] {
    if (this.served.size === 0) return own;
    const theirs = [...this.served.values()].flatMap(({ resources }) => resources);
    const left = own.filter(({ group, version }) => !this.served.has(`${group}/${version}`));
    return [...left, ...theirs.sort((a, b) => (a.group === b.group ? compareVersions(a.version, b.version) : 0))];
  }

  private reach(service: APIService) {
    return { service, lister: this.lister, ...this.options };
  }

  private follow(): void {
    if (this.closed) return;
    const wanted = new Map(this.lister.list<APIService>(kind).filter(({ spec }) => spec?.service)
      .map((service) => [`${service.spec?.group}/${service.spec?.version}`, service]));
    for (const [groupVersion, known] of this.served) {
      // A status that was written is no other service; the kind counts no generations.
      if (isSame(wanted.get(groupVersion), known.service)) continue;
      known.cancel();
      this.served.delete(groupVersion);
      this.generation++;
    }
    for (const [groupVersion, service] of wanted) {
      if (this.served.has(groupVersion)) continue;
      const entry: Aggregated = { service, availability: undefined, resources: [], checking: false, cancel: () => {} };
      this.served.set(groupVersion, entry);
      this.generation++;
      void this.check(entry);
    }
  }

  private isCurrent(entry: Aggregated): boolean {
    const { group, version } = entry.service.spec ?? {};
    return !this.closed && this.served.get(`${group}/${version}`) === entry;
  }

  private async check(entry: Aggregated): Promise<void> {
    if (!this.isCurrent(entry)) return;
    const availability = await this.look(entry);
    if (!this.isCurrent(entry)) return;
    const changed = JSON.stringify(availability) !== JSON.stringify(entry.availability);
    entry.availability = availability;
    if (changed) await this.report(entry.service, availability).catch((error: unknown) => {
      delete entry.availability;
      this.logger.warn({ error: String(error) }, 'the status of an API service could not be written');
    });
    const period = availability.status === 'True' ? checkPeriod.available : checkPeriod.unavailable;
    entry.cancel = this.clock.after(period, () => void this.check(entry));
  }

  private async look(entry: Aggregated): Promise<Availability> {
    const missing = unavailable(entry.service, this.lister);
    if (missing) return missing;
    const { group, version } = entry.service.spec ?? {};
    const path = `/apis/${group}/${version}`;
    try {
      const list = await fetchDocument<APIResourceList>(this.reach(entry.service), path);
      const resources = discoveredResources(list, group ?? '', version ?? '');
      if (JSON.stringify(resources) !== JSON.stringify(entry.resources)) {
        entry.resources = resources;
        this.generation++;
      }
      return passed;
    } catch (error) {
      return failedCheck(path, error as Error);
    }
  }

  private async report({ metadata }: APIService, { status, reason, message }: Availability): Promise<void> {
    const path = `${collection}/${metadata.name}/status`;
    const current = await this.transport.request<APIService>({ method: 'GET', path });
    const conditions = current.status?.conditions ?? [];
    const before = conditions.find(({ type }) => type === 'Available');
    const now = new Date(this.clock.now()).toISOString().replace(/\.\d+Z$/, 'Z');
    const lastTransitionTime = before?.status === status ? before.lastTransitionTime : now;
    const available = { type: 'Available', status, reason, message, lastTransitionTime };
    const next = [...conditions.filter(({ type }) => type !== 'Available'), available];
    const body = { ...current, status: { ...current.status, conditions: next } };
    await this.transport.request({ method: 'PUT', path, body });
  }
}

const isSame = (a: APIService | undefined, b: APIService): boolean =>
  a?.metadata.uid === b.metadata.uid && deepEqual(a?.spec, b.spec);
