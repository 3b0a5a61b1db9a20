import type {
  ConfigMap,
  Container,
  ContainerStatus,
  CustomResourceDefinition,
  KubeObject,
  Pod,
  PodSpec,
  Secret,
} from '../../runtime/api/kinds';

/**
 * What the editor keeps of an object that it watches: enough to show it. Managed fields and the last applied configuration are
 * most of an object's size; values of Secrets are nobody's to see. Who needs the whole object gets it from the server.
 */
export function kept(object: object): object {
  const lean = { ...object, metadata: leanMetadata((object as KubeObject).metadata) } as KubeObject;
  switch (lean.kind) {
    case 'Pod':
      return leanPod(lean as Pod);
    case 'Secret':
    case 'ConfigMap':
      return withoutValues(lean as Secret | ConfigMap);
    case 'CustomResourceDefinition':
      return withoutSchemas(lean as CustomResourceDefinition);
    default:
      return lean;
  }
}

const lastApplied = 'kubectl.kubernetes.io/last-applied-configuration';

function leanMetadata(metadata: KubeObject['metadata']): KubeObject['metadata'] {
  const { managedFields: _managed, annotations, ...rest } = metadata;
  if (!annotations) return rest;
  const { [lastApplied]: _applied, ...others } = annotations;
  return Object.keys(others).length > 0 ? { ...rest, annotations: others } : rest;
}

function leanPod({ apiVersion, kind, metadata, spec, status }: Pod): Pod {
  const containers = (spec?.containers ?? []).map((container) => ({
    ...leanRequests(container),
    ...(container.ports && { ports: container.ports }),
  }));
  const initContainers = spec?.initContainers?.map((container) => ({
    ...leanRequests(container),
    ...(container.restartPolicy && { restartPolicy: container.restartPolicy }),
  }));
  return {
    ...(apiVersion && { apiVersion }),
    ...(kind && { kind }),
    metadata,
    spec: {
      containers,
      ...(initContainers && { initContainers }),
      ...(spec?.nodeName && { nodeName: spec.nodeName }),
      ...(spec && referencesOf(spec)),
      ...(spec?.overhead && { overhead: spec.overhead }),
      ...(spec?.resources?.requests && { resources: { requests: spec.resources.requests } }),
      ...(spec?.readinessGates && { readinessGates: spec.readinessGates }),
    },
    ...(status && { status: leanStatus(status) }),
  };
}

/** What a container asks of its node, and the ConfigMaps and Secrets that its environment is made of. */
function leanRequests({ name, image, resources, env, envFrom }: Container): Container {
  const references = env?.filter(({ valueFrom }) => valueFrom?.configMapKeyRef ?? valueFrom?.secretKeyRef);
  return {
    name,
    ...(image && { image }),
    ...(resources?.requests && { resources: { requests: resources.requests } }),
    ...(references && references.length > 0 && { env: references }),
    ...(envFrom && { envFrom }),
  };
}

/** Volumes that other objects fill. */
function referencesOf({ volumes }: PodSpec): Pick<PodSpec, 'volumes'> {
  const named = volumes?.filter(({ configMap, secret, persistentVolumeClaim }) => configMap ?? secret ?? persistentVolumeClaim);
  return named && named.length > 0 ? { volumes: named } : {};
}

function leanStatus(status: NonNullable<Pod['status']>): NonNullable<Pod['status']> {
  const { phase, reason, message, conditions, podIPs, containerStatuses, initContainerStatuses } = status;
  const telling = conditions?.filter(({ status: state, type }) => type === 'Ready' || state !== 'True' || type === 'Initialized');
  return {
    ...(phase && { phase }),
    ...(reason && { reason }),
    ...(message && { message }),
    ...(telling && { conditions: telling.map(({ lastProbeTime: _p, lastTransitionTime: _t, ...rest }) => rest) }),
    ...(podIPs && { podIPs }),
    ...(containerStatuses && { containerStatuses: containerStatuses.map(leanContainer) }),
    ...(initContainerStatuses && { initContainerStatuses: initContainerStatuses.map(leanContainer) }),
  };
}

function leanContainer({ name, image, imageID, ready, restartCount, started, state, lastState }: ContainerStatus): ContainerStatus {
  return {
    name,
    image,
    imageID: imageID && '',
    ready,
    restartCount,
    ...(started !== undefined && { started }),
    ...(state && { state }),
    ...(lastState && { lastState }),
  };
}

/** Keys without their values. */
function withoutValues(object: Secret | ConfigMap): Secret | ConfigMap {
  const { data } = object;
  return data ? { ...object, data: Object.fromEntries(Object.keys(data).map((key) => [key, ''])) } : object;
}

function withoutSchemas(crd: CustomResourceDefinition): CustomResourceDefinition {
  const versions = crd.spec.versions.map(({ schema: _schema, ...version }) => version);
  return { ...crd, spec: { ...crd.spec, versions } };
}
