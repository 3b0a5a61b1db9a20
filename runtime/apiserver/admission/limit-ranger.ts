import type { Container, LimitRange, LimitRangeItem, PersistentVolumeClaim, Pod } from '../../api/kinds';
import type { AdmissionAttributes, AdmissionPlugin, ApiLister } from '../request';
import { forbidden, isFor, kinds } from './kit';
import { checkLimits, checkRequests } from './limit-constraints';
import { amountsOf, podLimits, podRequests } from './pod-resources';

const annotation = 'kubernetes.io/limit-ranger';

/** Fills in and holds to the limits of a namespace's LimitRanges (plugin/pkg/admission/limitranger). */
export function limitRanger(lister: ApiLister): AdmissionPlugin {
  const ranges = (attributes: AdmissionAttributes): readonly LimitRange[] =>
    isLimited(attributes) ? lister.list<LimitRange>(kinds.limitRanges, attributes.namespace) : [];
  return {
    name: 'LimitRanger',
    mutate(attributes) {
      if (isFor(attributes, kinds.persistentVolumeClaims)) return;
      for (const range of ranges(attributes)) setDefaults(attributes.object as Pod, range);
    },
    validate(attributes) {
      for (const range of ranges(attributes)) {
        const findings = [...new Set((range.spec?.limits ?? []).flatMap((item) => check(attributes, item)))];
        if (findings.length > 0)
          throw forbidden(attributes, findings.length === 1 ? findings[0]! : `[${findings.join(', ')}]`);
      }
    },
  };
}

/** Resources of a running pod change through `resize` alone; an update of the pod itself can't touch them. */
function isLimited(attributes: AdmissionAttributes): boolean {
  const { operation, oldObject } = attributes;
  if (oldObject?.metadata.deletionTimestamp) return false;
  if (operation === 'UPDATE')
    return isFor(attributes, kinds.pods, 'resize') || isFor(attributes, kinds.persistentVolumeClaims);
  return operation === 'CREATE' && (isFor(attributes, kinds.pods) || isFor(attributes, kinds.persistentVolumeClaims));
}

function setDefaults(pod: Pod, { spec }: LimitRange): void {
  const items = (spec?.limits ?? []).filter(({ type }) => type === 'Container');
  const limits = Object.assign({}, ...items.map((item) => item.default)) as Record<string, string>;
  const requests = Object.assign({}, ...items.map((item) => item.defaultRequest)) as Record<string, string>;
  const notes = [
    ...pod.spec!.containers.flatMap((container) => fillContainer(container, 'container', requests, limits)),
    ...(pod.spec!.initContainers ?? []).flatMap((container) =>
      fillContainer(container, 'init container', requests, limits),
    ),
  ];
  if (notes.length === 0) return;
  pod.metadata.annotations = {
    ...pod.metadata.annotations,
    [annotation]: `LimitRanger plugin set: ${notes.join('; ')}`,
  };
}

type ResourceList = Readonly<Record<string, string>>;

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

function check(attributes: AdmissionAttributes, item: LimitRangeItem): string[] {
  if (isFor(attributes, kinds.persistentVolumeClaims)) {
    const { spec } = attributes.object as PersistentVolumeClaim;
    return item.type === 'PersistentVolumeClaim' ? checkRequests(item, amountsOf(spec?.resources?.requests)) : [];
  }
  const pod = attributes.object as Pod;
  if (item.type === 'Pod') return checkLimits(item, podRequests(pod), podLimits(pod));
  if (item.type !== 'Container') return [];
  return [...pod.spec!.containers, ...(pod.spec!.initContainers ?? [])].flatMap(({ resources }) =>
    checkLimits(item, amountsOf(resources?.requests), amountsOf(resources?.limits)),
  );
}
