import type { LimitRange, LimitRangeItem, PersistentVolumeClaim, Pod } from '../../api/kinds';
import type { AdmissionAttributes, AdmissionPlugin, ApiLister } from '../request';
import { forbidden, isFor, kinds } from './kit';
import { checkLimits, checkRequests } from '../../api/limits/limit-constraints';
import { fillLimits } from '../../api/limits/limit-defaults';
import { amountsOf, podLimits, podRequests } from '../../api/limits/pod-resources';

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

function setDefaults(pod: Pod, range: LimitRange): void {
  const notes = fillLimits(pod, range);
  if (notes.length === 0) return;
  pod.metadata.annotations = {
    ...pod.metadata.annotations,
    [annotation]: `LimitRanger plugin set: ${notes.join('; ')}`,
  };
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
