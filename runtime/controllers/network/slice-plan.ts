import type { DiscoveryV1EndpointPort, Endpoint, EndpointSlice, Live } from '../../api/kinds';
import { semanticEqual } from '../kit/equality';

export type AddressType = 'IPv4' | 'IPv6';

/** Endpoints that share ports and address family: they can share slices. */
export interface EndpointGroup {
  readonly addressType: AddressType;
  readonly ports: readonly DiscoveryV1EndpointPort[];
  readonly endpoints: readonly Endpoint[];
}

export interface SliceMeta {
  readonly labels: Record<string, string>;
  readonly annotations: Record<string, string>;
}

export interface SlicePlan {
  readonly create: readonly Pick<EndpointSlice, 'addressType' | 'ports' | 'endpoints'>[];
  readonly update: readonly Live<EndpointSlice>[];
  readonly remove: readonly Live<EndpointSlice>[];
}

export const MAX_ENDPOINTS = 100;
export const TRIGGER_TIME = 'endpoints.kubernetes.io/last-change-trigger-time';

const portsKey = (ports: readonly DiscoveryV1EndpointPort[] | undefined) =>
  JSON.stringify([...(ports ?? [])].map(({ name, port, protocol, appProtocol }) => [name ?? '', port ?? 0, protocol ?? 'TCP', appProtocol ?? '']).sort());
const groupKey = (addressType: string, ports: readonly DiscoveryV1EndpointPort[] | undefined) => `${addressType} ${portsKey(ports)}`;
const endpointKey = ({ addresses, targetRef }: Endpoint) => `${addresses.join(',')} ${targetRef?.uid ?? ''}`;

/**
 * The fewest writes that make the slices show the groups: endpoints stay in the slice they are in; new ones fill slices
 * that change anyhow, then ones with room, then new slices of a hundred.
 */
export function planSlices(groups: readonly EndpointGroup[], existing: readonly Live<EndpointSlice>[], meta: SliceMeta): SlicePlan {
  const plan = { create: [] as SlicePlan['create'][number][], update: [] as Live<EndpointSlice>[], remove: [] as Live<EndpointSlice>[] };
  const left = new Set(existing);
  for (const group of groups) {
    const key = groupKey(group.addressType, group.ports);
    const own = existing.filter((slice) => groupKey(slice.addressType, slice.ports) === key);
    for (const slice of own) left.delete(slice);
    planGroup(group, own, meta, plan);
  }
  plan.remove.push(...left);
  keepOne(groups, existing, meta, plan);
  return plan;
}

interface Draft {
  readonly slice: Live<EndpointSlice>;
  endpoints: Endpoint[];
  changed: boolean;
}

type MutablePlan = { create: SlicePlan['create'][number][]; update: Live<EndpointSlice>[]; remove: Live<EndpointSlice>[] };

function planGroup(group: EndpointGroup, own: readonly Live<EndpointSlice>[], meta: SliceMeta, plan: MutablePlan): void {
  const wanted = new Map(group.endpoints.map((endpoint) => [endpointKey(endpoint), endpoint]));
  const drafts = own.map((slice): Draft => keepWanted(slice, wanted));
  const added = [...wanted.values()];
  const fullestFirst = drafts.filter(({ endpoints }) => endpoints.length > 0)
    .sort((a, b) => Number(b.changed) - Number(a.changed) || b.endpoints.length - a.endpoints.length);
  for (const draft of [...fullestFirst, ...drafts.filter(({ endpoints }) => endpoints.length === 0)]) {
    const room = added.splice(0, Math.max(0, MAX_ENDPOINTS - draft.endpoints.length));
    if (room.length > 0) Object.assign(draft, { endpoints: [...draft.endpoints, ...room], changed: true });
  }
  for (const draft of drafts) settle(draft, meta, plan);
  while (added.length > 0) {
    plan.create.push({ addressType: group.addressType, ports: [...group.ports], endpoints: added.splice(0, MAX_ENDPOINTS) });
  }
}

function keepWanted(slice: Live<EndpointSlice>, wanted: Map<string, Endpoint>): Draft {
  let changed = false;
  const endpoints: Endpoint[] = [];
  for (const endpoint of slice.endpoints ?? []) {
    const key = endpointKey(endpoint);
    const now = wanted.get(key);
    wanted.delete(key);
    if (now) endpoints.push(now);
    if (!now || !semanticEqual(now, endpoint)) changed = true;
  }
  return { slice, endpoints, changed };
}

function settle({ slice, endpoints, changed }: Draft, meta: SliceMeta, plan: MutablePlan): void {
  if (endpoints.length === 0) plan.remove.push(slice);
  else if (changed || !metaMatches(slice, meta)) plan.update.push(withMeta({ ...slice, endpoints }, meta));
}

/** A trigger time alone is no reason to write. */
function metaMatches({ metadata }: Live<EndpointSlice>, meta: SliceMeta): boolean {
  const rest = (annotations: Record<string, string> | undefined) => ({ ...annotations, [TRIGGER_TIME]: '' });
  return semanticEqual(metadata.labels, meta.labels) && semanticEqual(rest(metadata.annotations), rest(meta.annotations));
}

const withMeta = (slice: Live<EndpointSlice>, { labels, annotations }: SliceMeta): Live<EndpointSlice> =>
  ({ ...slice, metadata: { ...slice.metadata, labels, annotations } });

/** A service that selects nothing still has one, empty slice. */
function keepOne(groups: readonly EndpointGroup[], existing: readonly Live<EndpointSlice>[], meta: SliceMeta, plan: MutablePlan): void {
  const type = groups[0]?.addressType ?? 'IPv4';
  if (plan.create.length > 0 || existing.length > plan.remove.length) return;
  const placeholder = plan.remove.find((slice) => slice.addressType === type);
  if (!placeholder) {
    plan.create.push({ addressType: type, ports: [], endpoints: [] });
    return;
  }
  plan.remove.splice(plan.remove.indexOf(placeholder), 1);
  const unchanged = !placeholder.endpoints?.length && !placeholder.ports?.length && metaMatches(placeholder, meta);
  if (!unchanged) plan.update.push(withMeta({ ...placeholder, endpoints: [], ports: [] }, meta));
}
