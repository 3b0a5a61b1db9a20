import type { KubeletOptions } from '../options';
import type { KubeletPod } from '../pods/pod-spec';

/** What the kubelet's server is given. */
export interface KubeletServerOptions extends Pick<
  KubeletOptions,
  | 'nodeName'
  | 'runtime'
  | 'clock'
  | 'logger'
  | 'serverTls'
  | 'capacity'
  | 'clusterDns'
  | 'clusterDomain'
  | 'staticPodPath'
  | 'volumeHost'
> {
  pods(): KubeletPod[];
  healthy(): boolean;
}
