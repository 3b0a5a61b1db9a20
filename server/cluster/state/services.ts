import { View } from '../../../runtime/api/table/view';
import { endpointSlicesNeed, podsNeed } from '../watches/needs';
import { cellsOf } from './cells';
import { atName, type HintInput, joined, type LiveHint } from './hint';
import { plural } from './pods';
import { podsOf, selectorHint } from './workloads';

/** `10.96.4.2 → 3 endpoints` */
export function serviceHints(input: HintInput): LiveHint[] {
  const { object, live, source } = input;
  const cells = cellsOf(live, object, source.now);
  const external = cells('External-IP');
  if (cells('Type') === 'ExternalName') return [atName(`→ ${external}`)];
  const slices = source.find(endpointSlicesNeed(object));
  const internal = cells('Cluster-IP') === 'None' ? 'headless' : cells('Cluster-IP');
  const address = external === '<none>' ? internal : `${internal} (${external})`;
  const endpoints = slices && endpointAddresses(slices);
  const name = atName(
    endpoints ? `${address} → ${plural(endpoints.ready.length, 'endpoint')}${notReady(endpoints)}` : address,
    endpoints && endpoints.ready.length > 0 ? endpoints.ready.slice(0, 20).join('  \n') : undefined,
  );
  return source.find(podsNeed(object)) ? [name, selectorHint(podsOf(input))] : [name];
}

export interface Endpoints {
  readonly ready: readonly string[];
  readonly unready: readonly string[];
}

const notReady = ({ unready }: Endpoints): string => (unready.length > 0 ? `, ${unready.length} not ready` : '');

/** Distinct addresses; those of one endpoint in two families count twice, as in kubectl. */
function endpointAddresses(slices: readonly object[]): Endpoints {
  const [ready, unready] = [new Set<string>(), new Set<string>()];
  for (const slice of slices) {
    for (const endpoint of View.of(slice).list('endpoints')) {
      // What says nothing of being ready is to be taken for ready.
      const isReady = endpoint.value('conditions', 'ready') !== false;
      for (const address of endpoint.values('addresses')) (isReady ? ready : unready).add(String(address));
    }
  }
  return { ready: [...ready].sort(), unready: [...unready].sort() };
}

export function ingressHints({ object, live, source }: HintInput): LiveHint[] {
  const cells = cellsOf(live, object, source.now);
  return [atName(joined(cells('Address') || 'no address', cells('Hosts') !== '*' && cells('Hosts')))];
}

/** Kinds that select pods and say nothing else of them. */
export function policyHints(input: HintInput): LiveHint[] {
  if (!input.source.find(podsNeed(input.object))) return [];
  return [selectorHint(podsOf(input), ['spec', 'podSelector'])];
}

export function disruptionBudgetHints(input: HintInput): LiveHint[] {
  const view = View.of(input.live);
  const allowed = view.number('status', 'disruptionsAllowed');
  const healthy = `${view.number('status', 'currentHealthy')}/${view.number('status', 'expectedPods')} healthy`;
  const name = atName(joined(`${plural(allowed, 'disruption')} allowed`, healthy));
  return input.source.find(podsNeed(input.object)) ? [name, selectorHint(podsOf(input))] : [name];
}
