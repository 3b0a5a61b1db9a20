import type { Container, LimitRange, Pod } from '../kinds';

type ResourceList = Readonly<Record<string, string>>;

/** Fills in what a LimitRange gives to containers that don't say; returns what it did, in upstream's words. */
export function fillLimits(pod: Pod, { spec }: LimitRange): string[] {
  const items = (spec?.limits ?? []).filter(({ type }) => type === 'Container');
  const limits = Object.assign({}, ...items.map((item) => item.default)) as Record<string, string>;
  const requests = Object.assign({}, ...items.map((item) => item.defaultRequest)) as Record<string, string>;
  return [
    ...pod.spec!.containers.flatMap((container) => fillContainer(container, 'container', requests, limits)),
    ...(pod.spec!.initContainers ?? []).flatMap((container) =>
      fillContainer(container, 'init container', requests, limits),
    ),
  ];
}

function fillContainer(container: Container, word: string, requests: ResourceList, limits: ResourceList): string[] {
  const own = container.resources ?? {};
  const missing = (defaults: ResourceList, set: ResourceList = {}) =>
    Object.keys(defaults)
      .filter((name) => set[name] === undefined)
      .sort();
  const addedRequests = missing(requests, own.requests);
  const addedLimits = missing(limits, own.limits);
  if (addedRequests.length + addedLimits.length === 0) return [];
  container.resources = {
    ...own,
    ...(addedLimits.length > 0 && { limits: { ...limits, ...own.limits } }),
    ...(addedRequests.length > 0 && { requests: { ...requests, ...own.requests } }),
  };
  const note = (added: string[], what: string) =>
    added.length > 0 ? [`${added.join(', ')} ${what} for ${word} ${container.name}`] : [];
  return [...note(addedRequests, 'request'), ...note(addedLimits, 'limit')];
}
