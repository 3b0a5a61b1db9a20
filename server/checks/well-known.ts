import type { KindId } from '../references/kind-id';

/** What clusters have though no manifest of an application holds it. */
const names: Readonly<Record<KindId, readonly RegExp[]>> = {
  ServiceAccount: [/^default$/],
  ConfigMap: [
    /^kube-root-ca\.crt$/,
    /^(cluster-info|coredns|kubeadm-config|kubelet-config|kube-proxy|aws-auth|extension-apiserver-authentication)$/,
    /^(istio-ca-root-cert|openshift-service-ca\.crt|linkerd-config)$/,
  ],
  ClusterRole: [/^(cluster-admin|admin|edit|view)$/, /^system:/, /^kubeadm:/],
  Role: [/^system:/, /^extension-apiserver-authentication-reader$/, /^kubeadm:/],
  PriorityClass: [/^system-(cluster|node)-critical$/],
  PriorityLevelConfiguration: [/./],
  Service: [/^kubernetes$/],
  Namespace: [/^default$/, /^kube-(system|public|node-lease)$/],
  StorageClass: [
    /^(|standard|default|local-path|hostpath|manual|local-storage)$/,
    /^(gp2|gp3|io1|io2|st1|sc1|efs-sc|standard-rwo|premium-rwo|standard-rwx|enterprise-rwx)$/,
    /^(managed|managed-csi|managed-premium|managed-csi-premium|azurefile|azurefile-csi|do-block-storage)$/,
    /^(longhorn|rook-ceph-block|microk8s-hostpath|nfs-client)$/,
  ],
  Node: [/./],
};

export function isWellKnown(id: KindId, name: string): boolean {
  return (names[id] ?? []).some((form) => form.test(name));
}

/** Namespaces of what the cluster itself is made of, of which no workspace holds everything. */
export function isSystemNamespace(namespace: string | undefined): boolean {
  return namespace !== undefined && /^(kube-|openshift-)/.test(namespace);
}

/** Labels that controllers give to pods when they make them. */
export function isControllerLabel(key: string): boolean {
  return (
    /^(pod-template-hash|controller-revision-hash|controller-uid|job-name|pod-template-generation)$/.test(key) ||
    /^(statefulset\.kubernetes\.io|apps\.kubernetes\.io|batch\.kubernetes\.io|topology\.kubernetes\.io)\//.test(key) ||
    /^(kubernetes\.io\/hostname|rollouts-pod-template-hash)$/.test(key)
  );
}

/** Labels that say which of several pods leads just now: they are set while the pods run. */
export function isRuntimeLabel(key: string): boolean {
  return /(^|[-_./]|is)(role|leader|master|primary|active|standby|initialized|sealed|instanceRole|ready|state)$/i.test(key);
}
