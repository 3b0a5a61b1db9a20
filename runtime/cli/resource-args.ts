import type { Client } from '../client/resource-client';
import { UserError } from './output';

export interface ServedResource {
  group: string;
  version: string;
  resource: string;
  singular: string;
  kind: string;
  namespaced: boolean;
  shortNames: string[];
  categories: string[];
}

interface DiscoveryList {
  items: {
    metadata?: { name?: string };
    versions: {
      version: string;
      resources?: {
        resource: string; singularResource: string; scope: string; responseKind: { kind: string }; shortNames?: string[]; categories?: string[];
      }[];
    }[];
  }[];
}

const aggregated = 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList';

/** All served resources, each at its group's preferred version that has it. */
export async function servedResources(client: Client): Promise<ServedResource[]> {
  const lists = await Promise.all(['/api', '/apis'].map((path) => client.transport.request<DiscoveryList>({ method: 'GET', path, accept: aggregated })));
  const found = new Map<string, ServedResource>();
  for (const item of lists.flatMap(({ items }) => items)) {
    for (const { version, resources = [] } of item.versions) {
      for (const { resource, singularResource, scope, responseKind, shortNames = [], categories = [] } of resources) {
        const group = item.metadata?.name ?? '';
        const key = `${resource}.${group}`;
        if (found.has(key)) continue;
        found.set(key, { group, version, resource, singular: singularResource, kind: responseKind.kind, namespaced: scope === 'Namespaced', shortNames, categories });
      }
    }
  }
  return [...found.values()];
}

/** The resources that `pods`, `po,svc`, `deploy.apps` or `all` name. Throws UserError in kubectl's words. */
export function matchResources(argument: string, served: readonly ServedResource[]): ServedResource[] {
  return argument.split(',').flatMap((word) => {
    const [name = '', ...rest] = word.toLowerCase().split('.');
    const group = rest.join('.');
    const category = served.filter(({ categories }) => categories.includes(name));
    if (category.length > 0 && !group) return category;
    const one = served.find((candidate) =>
      [candidate.resource, candidate.singular, candidate.kind.toLowerCase(), ...candidate.shortNames].includes(name) && (!group || candidate.group === group));
    if (!one) throw new UserError(`the server doesn't have a resource type "${word}"`);
    return [one];
  });
}

/** What `get pods web`, `get pod/web svc/api` or `delete deploy web api` is about: resources, and names where given. */
export function resourceArguments(args: readonly string[], served: readonly ServedResource[]): { resource: ServedResource; name?: string }[] {
  if (args.length === 0) throw new UserError('you must specify the type of resource, like "pods" or "pod/web"');
  if (args.some((argument) => argument.includes('/'))) {
    return args.map((argument) => {
      const [type = '', name = ''] = argument.split('/');
      if (!type || !name) throw new UserError('there is no need to specify a resource type as a separate argument when passing arguments in resource/name form');
      return { resource: matchResources(type, served)[0] as ServedResource, name };
    });
  }
  const resources = matchResources(args[0] as string, served);
  if (args.length === 1) return resources.map((resource) => ({ resource }));
  return resources.flatMap((resource) => args.slice(1).map((name) => ({ resource, name })));
}
