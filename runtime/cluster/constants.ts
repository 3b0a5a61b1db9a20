/** What every cluster has in common; upstream's kubeadm gives the same. */
export const serviceCIDR = '10.96.0.0/16';
export const kubernetesServiceIP = '10.96.0.1';
export const clusterDNS = '10.96.0.10';
export const clusterDomain = 'cluster.local';
export const podCIDR = '10.244.0.0/16';
export const nodePortRange = { from: 30000, to: 32767 } as const;
