import type { Finding } from '../../api/finding';
import type { UntypedObject } from '../../api/object';
import type { ResourceInfo } from '../../api/resource';
import { catalogue } from '../../api/catalogue';
import { decodeObject } from '../../api/structure';
import type { UserInfo } from '../request';
import { deepEqual } from '../../api/equality';

/** What a strategy may know of the write that it serves. */
export interface StrategyContext {
  readonly dryRun: boolean;
  /** RFC 3339, whole seconds. */
  readonly now: string;
  readonly user: UserInfo;
  warn(text: string): void;
}

/** Something reserved for a write (an address, a port): kept if the write succeeds, given back if it fails. */
export interface Reservation {
  commit(): void;
  rollback(): void;
}

/** The rules of one kind that its structure, defaults and validation don't have (pkg/registry/…/strategy.go). */
export interface Strategy {
  prepareForCreate(object: UntypedObject, context: StrategyContext): void;
  prepareForUpdate(object: UntypedObject, old: UntypedObject, context: StrategyContext): void;
  prepareForStatusUpdate(object: UntypedObject, old: UntypedObject, context: StrategyContext): void;
  /** Findings beyond `runtime/api/validation`, such as what depends on the server's options. */
  validateCreate?(object: UntypedObject): Finding[];
  validateUpdate?(object: UntypedObject, old: UntypedObject): Finding[];
  reserveForCreate?(object: UntypedObject, context: StrategyContext): Reservation | undefined;
  reserveForUpdate?(object: UntypedObject, old: UntypedObject, context: StrategyContext): Reservation | undefined;
  afterDelete?(object: UntypedObject): void;
  /** Seconds to wait for a graceful delete; undefined when the kind has none. */
  gracePeriod?(object: UntypedObject, asked: number | undefined): number;
  /** An object marked for deletion whose finalizers are gone goes too, unless this says otherwise. */
  holdsDeletion?(object: UntypedObject): boolean;
  /** Adds the finalizers that the kind's own clean-up needs. */
  beforeDelete?(object: UntypedObject): void;
  /** Whatever else a delete that can't be done at once leaves on the object. */
  markDeleted?(object: UntypedObject, context: StrategyContext): void;
  /** Said when a delete leaves dependents behind without having been asked to. */
  readonly orphaningWarning?: string;
  readonly allowCreateOnUpdate: boolean;
  readonly allowUnconditionalUpdate: boolean;
  readonly returnsDeletedObject: boolean;
  /** Dependents of a deleted object are orphaned unless the options say otherwise. */
  readonly orphansByDefault: boolean;
  /** The garbage collector's finalizers don't apply. */
  readonly ignoresPropagation: boolean;
  /** Top-level fields that a write through this subresource ('' for the main resource) resets. */
  resetFields(subresource: string): readonly string[];
}

const createOnUpdate = new Set([
  'endpoints', 'services', 'limitranges', 'events', 'leases', 'roles', 'rolebindings', 'clusterroles', 'clusterrolebindings',
]);
const versionRequired = new Set([
  'leases', 'poddisruptionbudgets', 'customresourcedefinitions', 'apiservices', 'mutatingwebhookconfigurations',
  'validatingwebhookconfigurations', 'validatingadmissionpolicies', 'validatingadmissionpolicybindings',
  'mutatingadmissionpolicies', 'mutatingadmissionpolicybindings', 'volumeattachments', 'csinodes', 'csidrivers',
  'csistoragecapacities', 'runtimeclasses',
]);
const returnsDeleted = new Set([
  'pods', 'services', 'serviceaccounts', 'persistentvolumes', 'persistentvolumeclaims', 'podtemplates', 'resourcequotas',
]);
const orphaning = new Set(['replicationcontrollers', 'jobs']);
/** Kinds that count the changes of what their users want. */
const generations = new Set([
  'pods', 'deployments', 'replicasets', 'replicationcontrollers', 'daemonsets', 'statefulsets', 'jobs', 'cronjobs',
  'ingresses', 'networkpolicies', 'poddisruptionbudgets', 'customresourcedefinitions', 'podtemplates', 'endpointslices',
  'priorityclasses', 'ingressclasses', 'mutatingwebhookconfigurations', 'validatingwebhookconfigurations',
  'validatingadmissionpolicies', 'validatingadmissionpolicybindings', 'mutatingadmissionpolicies',
  'mutatingadmissionpolicybindings', 'flowschemas', 'prioritylevelconfigurations',
]);
/** Kinds whose status writes leave the labels alone as well. */
const statusKeepsLabels = new Set(['deployments', 'daemonsets', 'statefulsets', 'replicasets']);

export class GenericStrategy implements Strategy {
  readonly allowCreateOnUpdate: boolean;
  readonly allowUnconditionalUpdate: boolean;
  readonly returnsDeletedObject: boolean;
  readonly orphansByDefault: boolean;
  readonly ignoresPropagation: boolean;
  protected readonly hasStatus: boolean;
  private readonly countsGenerations: boolean;
  private readonly keepsLabels: boolean;
  private readonly nodeLike: boolean;

  constructor(private readonly info: ResourceInfo, private readonly custom: boolean) {
    const { resource } = info;
    this.allowCreateOnUpdate = !custom && createOnUpdate.has(resource);
    this.allowUnconditionalUpdate = !custom && !versionRequired.has(resource);
    this.returnsDeletedObject = !custom && returnsDeleted.has(resource);
    this.orphansByDefault = !custom && orphaning.has(resource);
    this.ignoresPropagation = !custom && resource === 'events';
    this.hasStatus = info.subresources.some((subresource) => subresource.name === 'status');
    this.countsGenerations = custom || generations.has(resource);
    this.keepsLabels = !custom && statusKeepsLabels.has(resource);
    this.nodeLike = !custom && resource === 'nodes';
  }

  prepareForCreate(object: UntypedObject, _context: StrategyContext): void {
    // A kubelet registers its node together with its status.
    if (this.hasStatus && !this.nodeLike) this.resetStatus(object);
    if (this.countsGenerations) object.metadata.generation = 1;
  }

  prepareForUpdate(object: UntypedObject, old: UntypedObject, _context: StrategyContext): void {
    if (this.hasStatus) copyField(object, old, 'status');
    if (this.countsGenerations && !sameDesire(object, old, this.custom && !this.hasStatus)) {
      object.metadata.generation = (old.metadata.generation ?? 0) + 1;
    }
  }

  prepareForStatusUpdate(object: UntypedObject, old: UntypedObject, _context: StrategyContext): void {
    for (const field of new Set([...Object.keys(object), ...Object.keys(old)])) {
      if (field !== 'status' && field !== 'metadata') copyField(object, old, field);
    }
    if (this.keepsLabels) copyField(object.metadata, old.metadata, 'labels');
  }

  /** An empty status as Go writes it: absent for most custom kinds, `{}` or `{loadBalancer: {}}` for built-in ones. */
  private resetStatus(object: UntypedObject): void {
    if (this.custom) return void delete object['status'];
    this.emptyStatus ??= { value: decodeObject({}, this.info.schema, catalogue).object['status'] };
    if (this.emptyStatus.value === undefined) delete object['status'];
    else object['status'] = structuredClone(this.emptyStatus.value);
  }

  private emptyStatus: { value: unknown } | undefined;

  resetFields(subresource: string): readonly string[] {
    if (!this.hasStatus) return [];
    return subresource === 'status' ? ['spec'] : ['status'];
  }
}

/** Sets a field to what another object has, absent for absent. */
export function copyField<T extends object>(target: T, source: T, field: keyof T): void {
  if (source[field] === undefined) delete target[field];
  else target[field] = source[field];
}

const notDesired = new Set(['metadata', 'apiVersion', 'kind']);

/** `withStatus`: of a custom kind without the status subresource, its status is one field among others. */
function sameDesire(object: UntypedObject, old: UntypedObject, withStatus: boolean): boolean {
  for (const field of new Set([...Object.keys(object), ...Object.keys(old)])) {
    if (notDesired.has(field) || (field === 'status' && !withStatus)) continue;
    if (!deepEqual(object[field], old[field])) return false;
  }
  return true;
}
