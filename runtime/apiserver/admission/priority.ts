import type { Pod, PriorityClass } from '../../api/kinds';
import type { AdmissionAttributes, AdmissionPlugin, ApiLister } from '../request';
import { forbidden, isFor, kinds } from './kit';

/** Turns a pod's priority class into its priority (plugin/pkg/admission/priority). */
export function priority(lister: ApiLister): AdmissionPlugin {
  return {
    name: 'Priority',
    mutate(attributes) {
      if (!isFor(attributes, kinds.pods)) return;
      if (attributes.operation === 'UPDATE') keepPriority(attributes);
      else if (attributes.operation === 'CREATE') setPriority(attributes, lister);
    },
    validate(attributes) {
      if (!isFor(attributes, kinds.priorityClasses)) return;
      if (attributes.operation === 'CREATE' || attributes.operation === 'UPDATE') admitClass(attributes, lister);
    },
  };
}

function keepPriority(attributes: AdmissionAttributes): void {
  const spec = (attributes.object as Pod).spec!;
  const old = (attributes.oldObject as Pod).spec;
  if (spec.priority === undefined && old?.priority !== undefined) spec.priority = old.priority;
  if (spec.preemptionPolicy === undefined && old?.preemptionPolicy !== undefined)
    spec.preemptionPolicy = old.preemptionPolicy;
}

function setPriority(attributes: AdmissionAttributes, lister: ApiLister): void {
  const spec = (attributes.object as Pod).spec!;
  const found = spec.priorityClassName
    ? lister.get<PriorityClass>(kinds.priorityClasses, undefined, spec.priorityClassName)
    : defaultClass(lister);
  if (spec.priorityClassName && !found) {
    throw forbidden(attributes, `no PriorityClass with name ${spec.priorityClassName} was found`);
  }
  const value = found?.value ?? 0;
  const policy = found ? found.preemptionPolicy : 'PreemptLowerPriority';
  if (found) spec.priorityClassName = found.metadata.name!;
  if (spec.priority !== undefined && spec.priority !== value) {
    throw forbidden(
      attributes,
      `the integer value of priority (${spec.priority}) must not be provided in pod spec; ` +
        `priority admission controller computed ${value} from the given PriorityClass name`,
    );
  }
  spec.priority = value;
  if (policy === undefined) return;
  if (spec.preemptionPolicy !== undefined && spec.preemptionPolicy !== policy) {
    throw forbidden(
      attributes,
      `the string value of PreemptionPolicy (${spec.preemptionPolicy}) must not be provided in pod spec; ` +
        `priority admission controller computed ${policy} from the given PriorityClass name`,
    );
  }
  spec.preemptionPolicy = policy;
}

/** Were there several, the lowest counts. */
function defaultClass(lister: ApiLister): PriorityClass | undefined {
  return lister
    .list<PriorityClass>(kinds.priorityClasses)
    .filter(({ globalDefault }) => globalDefault)
    .reduce<PriorityClass | undefined>(
      (lowest, next) => (!lowest || (next.value ?? 0) < (lowest.value ?? 0) ? next : lowest),
      undefined,
    );
}

function admitClass(attributes: AdmissionAttributes, lister: ApiLister): void {
  const { metadata, globalDefault } = attributes.object as PriorityClass;
  if (!globalDefault) return;
  const current = defaultClass(lister)?.metadata.name;
  if (current === undefined || (attributes.operation === 'UPDATE' && current === metadata.name)) return;
  throw forbidden(attributes, `PriorityClass ${current} is already marked as default. Only one default can exist`);
}
