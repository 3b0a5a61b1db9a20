import type { KubeObject } from '../../../runtime/api/kinds';
import type { Resource } from '../../../runtime/client/resource-client';
import { type TrimName } from './trim';

/** What a need is about: a resource, or a kind whose resource the cluster is asked for. */
export type NeededResource = Resource | { apiVersion: string; kind: string };

/** Some objects of a cluster that something shown depends on. Equal ids mean equal needs. */
export interface Need {
  readonly id: string;
  readonly resource: NeededResource;
  /** All of them, or cluster scope, unless told. */
  readonly namespace?: string;
  readonly labelSelector?: string;
  readonly fieldSelector?: string;
  /** What is kept of each object. */
  readonly trim: TrimName;
  /** Whether an object is one of them: what the selectors say, and what a server can't select by. */
  matches(object: KubeObject): boolean;
}

type NeedParts = Omit<Need, 'id' | 'matches'> & { matches?: Need['matches']; tag?: string };

export function need({ tag = '', matches = () => true, ...parts }: NeedParts): Need {
  const { resource, namespace, labelSelector, fieldSelector, trim } = parts;
  const id = [resourceId(resource), namespace ?? '', labelSelector ?? '', fieldSelector ?? '', trim, tag].join('|');
  return { ...parts, id, matches };
}

export function resourceId(resource: NeededResource): string {
  return 'kind' in resource
    ? `${resource.apiVersion}/${resource.kind}`
    : `${resource.group}/${resource.version}/${resource.resource}`;
}
