import type {
  ConfigMap, Endpoints, EndpointSlice, Namespace, PriorityClass, Service, ServiceCIDR, StorageClass,
} from '../../api/kinds';
import { hostPathProvisioner } from '../../api/provisioned-volumes';
import { endpointAddress } from './advertise-address';

export const namespaceNames: readonly string[] = ['default', 'kube-system', 'kube-public', 'kube-node-lease'];

export function defaultNamespaces(): Namespace[] {
  return namespaceNames.map((name) => ({ apiVersion: 'v1', kind: 'Namespace', metadata: { name } }));
}

/** Pods of these classes go before all others, and are the last to be evicted. */
export function defaultPriorityClasses(): PriorityClass[] {
  const highest = 1_000_000_000;
  const apiVersion = 'scheduling.k8s.io/v1';
  const preemptionPolicy = 'PreemptLowerPriority';
  return [
    {
      apiVersion,
      kind: 'PriorityClass',
      metadata: { name: 'system-node-critical' },
      value: 2 * highest + 1000,
      preemptionPolicy,
      description: 'Used for system critical pods that must not be moved from their current node.',
    },
    {
      apiVersion,
      kind: 'PriorityClass',
      metadata: { name: 'system-cluster-critical' },
      value: 2 * highest,
      preemptionPolicy,
      description:
        'Used for system critical pods that must run in the cluster, but can be moved to another node if necessary.',
    },
  ];
}

/** The class of claims that name none: folders of the node that the claim's first pod is scheduled to. */
export function defaultStorageClass(): StorageClass {
  return {
    apiVersion: 'storage.k8s.io/v1',
    kind: 'StorageClass',
    metadata: { name: 'standard', annotations: { 'storageclass.kubernetes.io/is-default-class': 'true' } },
    provisioner: hostPathProvisioner,
    reclaimPolicy: 'Delete',
    volumeBindingMode: 'WaitForFirstConsumer',
    allowVolumeExpansion: true,
  };
}

export interface ApiServerAddress {
  /** Cluster address of the Service `kubernetes`. */
  serviceIP: string;
  /** Where nodes and pods reach the API server. */
  advertiseAddress: string;
  port: number;
}

const name = 'kubernetes';
const namespace = 'default';

/** How pods reach the API server. It selects no pods: its endpoints are written by the API server itself. */
export function kubernetesService({ serviceIP, port }: ApiServerAddress): Service {
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name, namespace, labels: { component: 'apiserver', provider: 'kubernetes' } },
    spec: {
      type: 'ClusterIP',
      clusterIP: serviceIP,
      sessionAffinity: 'None',
      ipFamilies: ['IPv4'],
      ipFamilyPolicy: 'SingleStack',
      ports: [{ name: 'https', protocol: 'TCP', port: 443, targetPort: port }],
    },
  };
}

const portOf = ({ port }: ApiServerAddress) => ({ name: 'https', port, protocol: 'TCP' });
const skipMirror = { 'endpointslice.kubernetes.io/skip-mirror': 'true' };

export function kubernetesEndpoints(address: ApiServerAddress): Endpoints {
  const ip = endpointAddress(address.advertiseAddress);
  return {
    apiVersion: 'v1',
    kind: 'Endpoints',
    metadata: { name, namespace, labels: skipMirror },
    ...(ip && { subsets: [{ addresses: [{ ip }], ports: [portOf(address)] }] }),
  };
}

export function kubernetesEndpointSlice(address: ApiServerAddress): EndpointSlice {
  const ip = endpointAddress(address.advertiseAddress);
  return {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: { name, namespace, labels: { 'kubernetes.io/service-name': name } },
    addressType: 'IPv4',
    endpoints: ip ? [{ addresses: [ip], conditions: { ready: true } }] : [],
    ports: [portOf(address)],
  };
}

/**
 * The cluster's DNS, which runs on every node: an address that resolvers know, without pods that the selector
 * (kubeadm's) would find.
 */
export function dnsService(clusterDNS: string): Service {
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: {
      name: 'kube-dns',
      namespace: 'kube-system',
      labels: { 'k8s-app': 'kube-dns', 'kubernetes.io/cluster-service': 'true', 'kubernetes.io/name': 'CoreDNS' },
      annotations: { 'prometheus.io/port': '9153', 'prometheus.io/scrape': 'true' },
    },
    spec: {
      type: 'ClusterIP',
      clusterIP: clusterDNS,
      selector: { 'k8s-app': 'kube-dns' },
      ports: [
        { name: 'dns', port: 53, protocol: 'UDP', targetPort: 53 },
        { name: 'dns-tcp', port: 53, protocol: 'TCP', targetPort: 53 },
        { name: 'metrics', port: 9153, protocol: 'TCP', targetPort: 9153 },
      ],
    },
  };
}

export function defaultServiceCidr(cidr: string): ServiceCIDR {
  return { apiVersion: 'networking.k8s.io/v1', kind: 'ServiceCIDR', metadata: { name }, spec: { cidrs: [cidr] } };
}

/** Authorities of client certificates, PEM: of users, and of who speaks for users. */
export interface ClientAuthorities {
  clientCa: string;
  frontProxyCa: string;
  frontProxyName: string;
}

/** How API servers behind this one learn whom to believe. */
export function extensionAuthentication({ clientCa, frontProxyCa, frontProxyName }: ClientAuthorities): ConfigMap {
  return {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'extension-apiserver-authentication', namespace: 'kube-system' },
    data: {
      'client-ca-file': clientCa,
      'requestheader-allowed-names': JSON.stringify([frontProxyName]),
      'requestheader-client-ca-file': frontProxyCa,
      'requestheader-extra-headers-prefix': '["X-Remote-Extra-"]',
      'requestheader-group-headers': '["X-Remote-Group"]',
      'requestheader-uid-headers': '["X-Remote-Uid"]',
      'requestheader-username-headers': '["X-Remote-User"]',
    },
  };
}
