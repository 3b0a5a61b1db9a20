import type { Clock } from '../../clock';
import { messageOf } from '../kit/context';
import type { ClusterClient } from '../kit/context';
import type { Resource } from '../kit/resources';

interface ApiResourceList {
  groupVersion: string;
  resources: { name: string; namespaced: boolean; kind: string; verbs: string[] }[];
}

interface ApiGroupList {
  groups: { name: string; preferredVersion: { groupVersion: string } }[];
}

export interface DiscoveredResource extends Resource {
  readonly kind: string;
  readonly verbs: readonly string[];
}

export interface Discovered {
  readonly resources: readonly DiscoveredResource[];
  /** Group versions that would not say what they have. */
  readonly failures: ReadonlyMap<string, string>;
}

/** What the API server serves, each resource in its group's preferred version. Kept for some seconds. */
export class Discovery {
  private known: { at: number; discovered: Promise<Discovered> } | undefined;

  constructor(private readonly client: ClusterClient, private readonly clock: Clock, private readonly maxAge = 10_000) {}

  async resources(): Promise<Discovered> {
    const now = this.clock.now();
    if (!this.known || now - this.known.at > this.maxAge) this.known = { at: now, discovered: this.discover() };
    try {
      return await this.known.discovered;
    } catch (error) {
      this.known = undefined;
      throw error;
    }
  }

  private async discover(): Promise<Discovered> {
    const groups = await this.client.request<ApiGroupList>({ method: 'GET', path: '/apis' });
    const paths = ['/api/v1', ...groups.groups.map(({ preferredVersion }) => `/apis/${preferredVersion.groupVersion}`)];
    const failures = new Map<string, string>();
    const lists = await Promise.all(paths.map(async (path) => {
      try {
        return await this.client.request<ApiResourceList>({ method: 'GET', path });
      } catch (error) {
        failures.set(path.replace(/^\/apis?\//, ''), messageOf(error));
        return { groupVersion: '', resources: [] };
      }
    }));
    return { resources: lists.flatMap(resourcesOf), failures };
  }
}

function resourcesOf({ groupVersion, resources }: ApiResourceList): DiscoveredResource[] {
  const slash = groupVersion.indexOf('/');
  const group = slash < 0 ? '' : groupVersion.slice(0, slash);
  const version = groupVersion.slice(slash + 1);
  return resources.filter(({ name }) => !name.includes('/'))
    .map(({ name, namespaced, kind, verbs }) => ({ group, version, resource: name, namespaced, kind, verbs }));
}
