/** Sysctls that belong to a pod alone and harm no other, by the minor version that first took them for safe. */
const safeSince: readonly (readonly [minor: number, names: readonly string[]])[] = [
  [
    0,
    [
      'kernel.shm_rmid_forced',
      'net.ipv4.ip_local_port_range',
      'net.ipv4.tcp_syncookies',
      'net.ipv4.ping_group_range',
      'net.ipv4.ip_unprivileged_port_start',
    ],
  ],
  [27, ['net.ipv4.ip_local_reserved_ports']],
  [
    29,
    [
      'net.ipv4.tcp_keepalive_time',
      'net.ipv4.tcp_fin_timeout',
      'net.ipv4.tcp_keepalive_intvl',
      'net.ipv4.tcp_keepalive_probes',
    ],
  ],
  [32, ['net.ipv4.tcp_rmem', 'net.ipv4.tcp_wmem']],
];

export const safeSysctls = (minor = Infinity): ReadonlySet<string> =>
  new Set(safeSince.flatMap(([since, names]) => (minor >= since ? names : [])));

/** The namespace of the pod that holds a safe sysctl. */
export const sysctlNamespace = (name: string): 'network' | 'ipc' => (name.startsWith('net.') ? 'network' : 'ipc');
