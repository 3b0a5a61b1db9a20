import { catalogue } from '../../runtime/api/catalogue';
import type { Container, ObjectMeta, PodSpec, PodTemplateSpec, UntypedObject } from '../../runtime/api/kinds';
import { successorOf } from '../../runtime/api/lifecycle';
import { parseApiVersion } from '../../runtime/api/object';
import type { ResourceInfo } from '../../runtime/api/resource';
import { decodeObject } from '../../runtime/api/structure';

/** An object as the rules see it: decoded, so that every field has its type; not defaulted. */
export interface LintSubject {
  readonly object: UntypedObject;
  /** `apps/Deployment`, `/Pod`. */
  readonly kind: string;
  readonly name: string;
  /** `default` where none is written, empty for what is in no namespace. */
  readonly namespace: string;
  readonly namespaced: boolean;
  readonly pod: PodView | undefined;
}

export interface PodView {
  readonly subject: LintSubject;
  readonly spec: PodSpec;
  readonly metadata: ObjectMeta | undefined;
  /** Of the pod's spec: `spec`, `spec.template.spec`. */
  readonly path: string;
  /** Of the pod's metadata. */
  readonly metadataPath: string;
  readonly containers: readonly ContainerView[];
  /** Made to end: a Job's or a CronJob's. */
  readonly endsByItself: boolean;
}

export interface ContainerView {
  readonly container: Container;
  readonly path: string;
  /** A sidecar is an init container that goes on running. */
  readonly role: 'init' | 'sidecar' | 'main' | 'ephemeral';
  readonly pod: PodView;
}

const known = new WeakMap<object, LintSubject | null>();

/**
 * Undefined where the value does not decode: the API server refuses it, and says more of it than a rule could. What was
 * made of a value is kept as long as the value is.
 */
export function subjectOf(value: UntypedObject, type: ResourceInfo | undefined): LintSubject | undefined {
  const cached = known.get(value);
  if (cached !== undefined) return cached ?? undefined;
  const made = decode(value, type);
  known.set(value, made ?? null);
  return made;
}

/** What is written for an API version that is gone is looked at as what took its place. */
function presentType({ apiVersion = '', kind = '' }: UntypedObject): ResourceInfo | undefined {
  const successor = successorOf(apiVersion, kind);
  return successor && catalogue.byKind(successor);
}

const kindOf = ({ group, kind }: Pick<ResourceInfo, 'group' | 'kind'>): string => `${group}/${kind}`;

function decodeAs(value: UntypedObject, type: ResourceInfo): UntypedObject | undefined {
  const { object, errors } = decodeObject(value, type.schema, catalogue);
  return errors.length > 0 ? undefined : object;
}

/** Kinds of others that make pods after a template, which has the form of Kubernetes' own. */
const foreign: ReadonlySet<string> = new Set(['apps.openshift.io/DeploymentConfig', 'argoproj.io/Rollout']);

/** Kinds that roll out replicas as a Deployment does. */
export const deployments: readonly string[] = ['apps/Deployment', ...foreign];

/** An object of such a kind, of which no more than the template is decoded. */
function withTemplate(value: UntypedObject): UntypedObject | undefined {
  const { apiVersion = '', kind = '', metadata, spec } = value as UntypedObject & { spec?: { template?: unknown } };
  if (!foreign.has(kindOf({ ...parseApiVersion(apiVersion), kind }))) return undefined;
  const type = catalogue.byKind({ group: '', version: 'v1', kind: 'PodTemplate' });
  const decoded = type && decodeAs({ metadata, template: spec?.template } as UntypedObject, type);
  if (!decoded) return undefined;
  const { template, metadata: own } = decoded as UntypedObject & { template?: unknown };
  return { ...value, metadata: own ?? {}, spec: { ...spec, template } } as UntypedObject;
}

function decode(value: UntypedObject, given: ResourceInfo | undefined): LintSubject | undefined {
  const type = given ?? presentType(value);
  const object = type ? decodeAs(value, type) : withTemplate(value);
  if (!object) return undefined;
  object.metadata ??= {};
  const namespaced = type?.namespaced ?? true;
  const subject = {
    object,
    kind: kindOf(type ?? { group: parseApiVersion(value.apiVersion ?? '').group, kind: value.kind ?? '' }),
    name: object.metadata.name ?? object.metadata.generateName ?? '',
    namespace: namespaced ? (object.metadata.namespace ?? 'default') : '',
    namespaced,
    pod: undefined as PodView | undefined,
  };
  subject.pod = podOf(subject);
  return subject;
}

const templates = new Map([
  ['/Pod', ''],
  ['/PodTemplate', 'template.'],
  ['/ReplicationController', 'spec.template.'],
  ['apps/ReplicaSet', 'spec.template.'],
  ['apps/Deployment', 'spec.template.'],
  ['apps/StatefulSet', 'spec.template.'],
  ['apps/DaemonSet', 'spec.template.'],
  ['batch/Job', 'spec.template.'],
  ['batch/CronJob', 'spec.jobTemplate.spec.template.'],
  ...[...foreign].map((kind) => [kind, 'spec.template.'] as const),
]);

function podOf(subject: LintSubject): PodView | undefined {
  const path = templates.get(subject.kind);
  if (path === undefined) return undefined;
  const steps = path.split('.').slice(0, -1);
  const template = steps.reduce(
    (at: unknown, step) => (at as Record<string, unknown> | undefined)?.[step],
    subject.object,
  ) as PodTemplateSpec | undefined;
  if (!template?.spec) return undefined;
  const { spec, metadata } = template;
  const containers: ContainerView[] = [];
  const pod: PodView = {
    subject,
    spec,
    metadata,
    path: `${path}spec`,
    metadataPath: `${path}metadata`,
    containers,
    endsByItself: subject.kind.startsWith('batch/'),
  };
  const add = (list: readonly Container[] | undefined, field: string, role: ContainerView['role']) =>
    list?.forEach((container, i) => {
      const sidecar = role === 'init' && container.restartPolicy === 'Always';
      containers.push({ container, path: `${pod.path}.${field}[${i}]`, role: sidecar ? 'sidecar' : role, pod });
    });
  add(spec.containers, 'containers', 'main');
  add(spec.initContainers, 'initContainers', 'init');
  add(spec.ephemeralContainers, 'ephemeralContainers', 'ephemeral');
  return pod;
}
