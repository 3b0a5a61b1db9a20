export { startKubelet } from './kubelet';
export type { Kubelet, KubeletOptions, KubeletTimings } from './options';
export type { PodNetwork } from './pod-network';
export type { VolumeHost } from './volumes/volume-host';
