import type {
  ConfigMap,
  ContainerStatus,
  CustomResourceDefinition,
  KubeObject,
  Pod,
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
  const containers = (spec?.containers ?? []).map(({ name, image, ports }) => ({
    name,
    ...(image && { image }),
    ...(ports && { ports }),
  }));
  const initContainers = spec?.initContainers?.map(({ name, image, restartPolicy }) => ({
    name,
    ...(image && { image }),
    ...(restartPolicy && { restartPolicy }),
  }));
  return {
    ...(apiVersion && { apiVersion }),
    ...(kind && { kind }),
    metadata,
    spec: {
      containers,
      ...(initContainers && { initContainers }),
      ...(spec?.nodeName && { nodeName: spec.nodeName }),
      ...(spec?.readinessGates && { readinessGates: spec.readinessGates }),
    },
    ...(status && { status: leanStatus(status) }),
  };
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
