import type { Container, LimitRangeItem, PodSpec, ResourceRequirements } from '../generated/types';
import { parseQuantity } from '../quantity';
import { isEmptyMap } from './fill';

type ResourceList = Record<string, string>;

/** Quantities finer than a thousandth are rounded up to it. */
export function roundUpToMilli(resources: ResourceList | undefined): void {
  for (const [name, text] of Object.entries(resources ?? {})) {
    if (/[nu]$|\.\d{4}|e-/i.test(text))
      (resources as ResourceList)[name] = parseQuantity(`${parseQuantity(text).milliValue()}m`).toString();
  }
}

export function requestsFromLimits(resources: ResourceRequirements): void {
  if (isEmptyMap(resources.limits)) return;
  resources.requests = { ...resources.limits, ...resources.requests };
}

const isPodLevel = (name: string) => name === 'cpu' || name === 'memory' || name.startsWith('hugepages-');

function add(total: ResourceList, more: ResourceList | undefined): void {
  for (const [name, text] of Object.entries(more ?? {})) {
    const sum = total[name];
    total[name] = sum === undefined ? text : parseQuantity(sum).add(parseQuantity(text)).toString();
  }
}

function raise(total: ResourceList, floor: ResourceList): void {
  for (const [name, text] of Object.entries(floor)) {
    const value = total[name];
    if (value === undefined || parseQuantity(value).compare(parseQuantity(text)) < 0) total[name] = text;
  }
}

/** What the containers ask for together: the greater of the running ones' sum and each init container beside its sidecars. */
function containerRequests(spec: PodSpec): ResourceList {
  const total: ResourceList = {};
  for (const container of spec.containers ?? []) add(total, container.resources?.requests);
  const sidecars: ResourceList = {};
  const initial: ResourceList = {};
  for (const container of spec.initContainers ?? []) {
    const request = container.resources?.requests;
    if (isSidecar(container)) {
      add(total, request);
      add(sidecars, request);
      raise(initial, sidecars);
    } else {
      const beside = { ...sidecars };
      add(beside, request);
      raise(initial, beside);
    }
  }
  raise(total, initial);
  return total;
}

const isSidecar = (container: Container) => container.restartPolicy === 'Always';

/** Pod-level requests where only limits are given: what the containers ask for, else the limits. */
export function defaultPodLevelRequests(spec: PodSpec): void {
  const own = spec.resources;
  if (!own || isEmptyMap(own.limits)) return;
  const podLevel = (list: ResourceList = {}) =>
    Object.fromEntries(Object.entries(list).filter(([name]) => isPodLevel(name)));
  const requests = { ...podLevel(own.limits), ...podLevel(containerRequests(spec)), ...own.requests };
  if (!isEmptyMap(requests)) own.requests = requests;
}

/** Of a container's limit: its default comes from the maximum, its default request from the default, then the minimum. */
export function defaultLimitRangeItem(item: LimitRangeItem): void {
  if (item.type !== 'Container') return;
  const limits = { ...item.max, ...item.default };
  const requests = { ...item.min, ...limits, ...item.defaultRequest };
  if (!isEmptyMap(limits)) item.default = limits;
  if (!isEmptyMap(requests)) item.defaultRequest = requests;
}
