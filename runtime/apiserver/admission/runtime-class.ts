import type { Pod, RuntimeClass } from '../../api/kinds';
import { deepEqual } from '../../api/equality';
import type { AdmissionAttributes, AdmissionPlugin, ApiLister } from '../request';
import { forbidden, isFor, kinds, quote } from './kit';
import { amountsOf } from '../../api/limits/pod-resources';

/** Gives a pod the overhead and the scheduling constraints of its runtime (plugin/pkg/admission/runtimeclass). */
export function runtimeClass(lister: ApiLister): AdmissionPlugin {
  const classOf = (attributes: AdmissionAttributes): RuntimeClass | undefined => {
    const name = (attributes.object as Pod).spec?.runtimeClassName;
    if (name === undefined) return undefined;
    const found = lister.get<RuntimeClass>(kinds.runtimeClasses, undefined, name);
    if (!found) throw forbidden(attributes, `pod rejected: RuntimeClass ${quote(name)} not found`);
    return found;
  };
  return {
    name: 'RuntimeClass',
    mutate(attributes) {
      if (attributes.operation !== 'CREATE' || !isFor(attributes, kinds.pods)) return;
      const found = classOf(attributes);
      if (found?.overhead) setOverhead(attributes, found);
      if (found?.scheduling) setScheduling(attributes, found.scheduling);
    },
    validate(attributes) {
      if (attributes.operation !== 'CREATE' || !isFor(attributes, kinds.pods)) return;
      const { overhead } = (attributes.object as Pod).spec!;
      const found = classOf(attributes)?.overhead;
      if (found) checkOverhead(attributes, found.podFixed ?? {}, overhead ?? {});
      else if (overhead)
        throw forbidden(
          attributes,
          'pod rejected: Pod Overhead set without corresponding RuntimeClass defined Overhead',
        );
    },
  };
}

type ResourceList = Readonly<Record<string, string>>;

function checkOverhead(attributes: AdmissionAttributes, defined: ResourceList, own: ResourceList): void {
  const texts = (list: ResourceList) =>
    Object.fromEntries([...amountsOf(list)].map(([name, amount]) => [name, amount.milliValue().toString()]));
  if (!deepEqual(texts(defined), texts(own))) {
    throw forbidden(attributes, "pod rejected: Pod's Overhead doesn't match RuntimeClass's defined Overhead");
  }
}

function setOverhead(attributes: AdmissionAttributes, { overhead }: RuntimeClass): void {
  const spec = (attributes.object as Pod).spec!;
  const fixed = overhead!.podFixed ?? {};
  if (spec.overhead) checkOverhead(attributes, fixed, spec.overhead);
  spec.overhead = { ...fixed };
}

function setScheduling(attributes: AdmissionAttributes, scheduling: NonNullable<RuntimeClass['scheduling']>): void {
  const spec = (attributes.object as Pod).spec!;
  for (const [key, value] of Object.entries(scheduling.nodeSelector ?? {})) {
    const own = spec.nodeSelector?.[key];
    if (own !== undefined && own !== value) {
      throw forbidden(
        attributes,
        `conflict: runtimeClass.scheduling.nodeSelector[${key}] = ${value}; pod.spec.nodeSelector[${key}] = ${own}`,
      );
    }
    spec.nodeSelector = { ...spec.nodeSelector, [key]: value };
  }
  const tolerations = spec.tolerations ?? [];
  const added = (scheduling.tolerations ?? []).filter(
    (toleration) => !tolerations.some((own) => deepEqual(own, toleration)),
  );
  if (added.length > 0) spec.tolerations = [...tolerations, ...added.map((toleration) => ({ ...toleration }))];
}
