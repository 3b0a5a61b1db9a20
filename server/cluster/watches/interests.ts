import { catalogue } from '../../../runtime/api/catalogue';
import type { KubeObject } from '../../../runtime/api/kinds';
import { parseApiVersion } from '../../../runtime/api/object';
import type { Client, Resource } from '../../../runtime/client/resource-client';
import type { Clock } from '../../../runtime/clock';
import { type Need, need } from './need';
import { resourceOf } from './needs';

/** What nobody has asked for in so long is watched no longer. */
const forgottenMs = 10 * 60_000;

const definitions: Resource = {
  group: 'apiextensions.k8s.io',
  version: 'v1',
  resource: 'customresourcedefinitions',
  namespaced: false,
};

/** Names and labels of a kind, of all namespaces unless one is told. */
export function namesNeed(resource: Resource, namespace: string | undefined): Need {
  return need({ resource, ...(namespace && { namespace }), trim: 'names' });
}

/** What tells the keys of one object. */
export function keysNeed(resource: Resource, namespace: string, name: string): Need {
  const matches = ({ metadata }: KubeObject): boolean => metadata.name === name;
  return need({ resource, namespace, fieldSelector: `metadata.name=${name}`, trim: 'managed', matches });
}

/** The resource of a built-in kind, whatever its version. */
export function builtInResource(group: string, kind: string): Resource | undefined {
  const found = catalogue.resources().find((info) => info.group === group && info.kind === kind);
  return found && resourceOf(found);
}

/** What checks and completion have asked for lately, beside what the open documents need. */
export class Interests {
  private readonly asked = new Map<string, { need: Need; at: number }>();
  /** Of kinds: the need for their definition, null while the name is asked for or if there is none. */
  private readonly definitionNeeds = new Map<string, Need | null>();

  constructor(
    private readonly clock: Clock,
    /** There is something new to be watched. */
    private readonly changed: () => void,
  ) {}

  ask(wanted: Need): void {
    const known = this.asked.get(wanted.id);
    if (known) known.at = this.clock.now();
    else {
      this.asked.set(wanted.id, { need: wanted, at: this.clock.now() });
      this.changed();
    }
  }

  /** The need for a kind's definition, once the cluster has told the resource's name. */
  definitionNeed(client: Client, apiVersion: string, kind: string): Need | undefined {
    const key = `${apiVersion}/${kind}`;
    const known = this.definitionNeeds.get(key);
    if (known === undefined) {
      this.definitionNeeds.set(key, null);
      void this.discover(client, apiVersion, kind, key);
    }
    return known ?? undefined;
  }

  /** Those that were asked for lately. */
  current(): Need[] {
    const limit = this.clock.now() - forgottenMs;
    for (const [id, { at }] of this.asked) if (at < limit) this.asked.delete(id);
    return Array.from(this.asked.values(), ({ need: wanted }) => wanted);
  }

  clear(): void {
    this.asked.clear();
    this.definitionNeeds.clear();
  }

  private async discover(client: Client, apiVersion: string, kind: string, key: string): Promise<void> {
    try {
      const { resource } = await client.resourceFor({ apiVersion, kind });
      const name = `${resource}.${parseApiVersion(apiVersion).group}`;
      const matches = (object: { metadata: { name?: string } }): boolean => object.metadata.name === name;
      const wanted = need({
        resource: definitions,
        fieldSelector: `metadata.name=${name}`,
        trim: 'definition',
        matches,
      });
      this.definitionNeeds.set(key, wanted);
      this.ask(wanted);
    } catch {
      // Not served, or not to be had now: asked again when somebody asks a while later.
      this.clock.after(30_000, () => this.definitionNeeds.delete(key));
    }
  }
}
