import type { Ingress, PodSpec } from '../../runtime/api/kinds';

export interface Reference {
  kind: 'ConfigMap' | 'Secret' | 'PersistentVolumeClaim';
  name: string;
  /** The pod starts without it as well. */
  optional: boolean;
}

/** What a pod's volumes and environment are made of, each object once. */
export function podReferences(spec: PodSpec | undefined): Reference[] {
  const found = new Map<string, Reference>();
  const add = (kind: Reference['kind'], name: string | undefined, optional = false): void => {
    if (!name) return;
    const key = `${kind}/${name}`;
    found.set(key, { kind, name, optional: optional && (found.get(key)?.optional ?? true) });
  };
  for (const { configMap, secret, persistentVolumeClaim } of spec?.volumes ?? []) {
    add('ConfigMap', configMap?.name, configMap?.optional);
    add('Secret', secret?.secretName, secret?.optional);
    add('PersistentVolumeClaim', persistentVolumeClaim?.claimName);
  }
  for (const { env = [], envFrom = [] } of [...(spec?.containers ?? []), ...(spec?.initContainers ?? [])]) {
    for (const { configMapRef, secretRef } of envFrom) {
      add('ConfigMap', configMapRef?.name, configMapRef?.optional);
      add('Secret', secretRef?.name, secretRef?.optional);
    }
    for (const { valueFrom } of env) {
      add('ConfigMap', valueFrom?.configMapKeyRef?.name, valueFrom?.configMapKeyRef?.optional);
      add('Secret', valueFrom?.secretKeyRef?.name, valueFrom?.secretKeyRef?.optional);
    }
  }
  return [...found.values()];
}

/** Services that an Ingress sends requests to. */
export function ingressServices({ spec }: Ingress): string[] {
  const backends = [spec?.defaultBackend, ...(spec?.rules ?? []).flatMap(({ http }) => http?.paths.map(({ backend }) => backend) ?? [])];
  return [...new Set(backends.flatMap((backend) => backend?.service?.name ?? []))];
}
