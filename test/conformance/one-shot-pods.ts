import type { Container, Pod, PodSpec } from '../../runtime/api/kinds';
import { busybox } from '../support/images';

/** A pod that runs to its end, and what its main container must have written. */
export interface OneShot {
  readonly does: string;
  readonly spec: Partial<PodSpec> & { containers: Container[] };
  readonly metadata?: Pod['metadata'];
  readonly log: RegExp | string;
  /** `Succeeded` unless told. */
  readonly phase?: string;
}

export const sh = (script: string, over: Partial<Container> = {}): Container => ({
  name: 'main', image: busybox, command: ['sh', '-c', script], ...over,
});

const objects = {
  config: 'conf', secret: 'sec', keys: [{ key: 'data-1', path: 'path/to/data-2' }],
};
const at = (name: string) => [{ name: 'v', mountPath: name }];

/** Volumes of config maps and secrets, as such and projected: the same files with the same modes. */
const keyed = (['configMap', 'secret', 'projected configMap', 'projected secret'] as const).flatMap((kind): OneShot[] => {
  const volume = (over: { defaultMode?: number; items?: { key: string; path: string; mode?: number }[] }) => {
    const { defaultMode, ...rest } = over;
    const source = kind.endsWith('configMap') ? { configMap: { name: objects.config, ...rest } } : { secret: { name: objects.secret, ...rest } };
    if (kind.startsWith('projected')) return { name: 'v', projected: { sources: [source], ...(defaultMode && { defaultMode }) } };
    return kind === 'configMap'
      ? { name: 'v', configMap: { name: objects.config, ...over } }
      : { name: 'v', secret: { secretName: objects.secret, ...over } };
  };
  const show = (path: string) => sh(`cat /v/${path}; stat -L -c ' %a' /v/${path}`, { volumeMounts: at('/v') });
  return [
    { does: `${kind} volume`, spec: { containers: [show('data-1')], volumes: [volume({})] }, log: 'value-1 644\n' },
    { does: `${kind} volume with a default mode`, spec: { containers: [show('data-1')], volumes: [volume({ defaultMode: 0o400 })] }, log: 'value-1 400\n' },
    { does: `${kind} volume with mappings`, spec: { containers: [show('path/to/data-2')], volumes: [volume({ items: objects.keys })] }, log: 'value-1 644\n' },
    {
      does: `${kind} volume with an item's mode`,
      spec: { containers: [show('path/to/data-2')], volumes: [volume({ items: [{ ...objects.keys[0]!, mode: 0o400 }] })] },
      log: 'value-1 400\n',
    },
    {
      does: `${kind} volume as non-root with a mode and a group`,
      spec: { containers: [show('data-1')], volumes: [volume({ defaultMode: 0o440 })], securityContext: { runAsUser: 1000, fsGroup: 1001 } },
      log: 'value-1 440\n',
    },
  ];
});

const emptyDirs = (['', 'Memory'] as const).flatMap((medium): OneShot[] =>
  [0, 1001].flatMap((user) => ['644', '666', '777'].map((mode): OneShot => ({
    does: `emptyDir ${medium || 'default'} as ${user}, file mode ${mode}`,
    spec: {
      ...(user && { securityContext: { runAsUser: user } }),
      volumes: [{ name: 'v', emptyDir: medium ? { medium } : {} }],
      containers: [sh(`stat -c %a /v; echo hello > /v/f && chmod ${mode} /v/f && stat -c %a /v/f && cat /v/f; stat -f -c %T /v`, { volumeMounts: at('/v') })],
    },
    log: new RegExp(`^777\n${mode}\nhello\n${medium ? 'tmpfs' : '(?!tmpfs)'}`),
  }))),
);

const resources = { requests: { cpu: '250m', memory: '32Mi' }, limits: { cpu: '1250m', memory: '64Mi' } };
const downward = (items: object[], over: object = {}) => [{ name: 'v', downwardAPI: { items, ...over } }] as PodSpec['volumes'];
const ofContainer = (path: string, resource: string, divisor?: string) =>
  ({ path, resourceFieldRef: { containerName: 'main', resource, ...(divisor && { divisor }) } });

const downwardVolumes: OneShot[] = [
  {
    does: 'downward API volume of resources',
    spec: {
      containers: [sh('cd /v; for f in *; do echo $f $(cat $f); done', { volumeMounts: at('/v'), resources })],
      volumes: downward([
        ofContainer('cpu_limit', 'limits.cpu'), ofContainer('cpu_request', 'requests.cpu', '1m'),
        ofContainer('memory_limit', 'limits.memory'), ofContainer('memory_request', 'requests.memory'),
      ]),
    },
    log: 'cpu_limit 2\ncpu_request 250\nmemory_limit 67108864\nmemory_request 33554432\n',
  },
  {
    does: 'downward API volume of limits that are not set',
    spec: {
      containers: [sh('cat /v/cpu; echo; cat /v/memory', { volumeMounts: at('/v') })],
      volumes: downward([ofContainer('cpu', 'limits.cpu'), ofContainer('memory', 'limits.memory')]),
    },
    log: /^[1-9]\d*\n[1-9]\d{7,}$/,
  },
  {
    does: 'downward API volume with modes',
    metadata: { labels: { a: '1', b: '2' } },
    spec: {
      containers: [sh('cat /v/name; stat -L -c " %a" /v/name; cat /v/labels; stat -L -c " %a" /v/labels', { volumeMounts: at('/v') })],
      volumes: downward([
        { path: 'name', fieldRef: { fieldPath: 'metadata.name' } },
        { path: 'labels', fieldRef: { fieldPath: 'metadata.labels' }, mode: 0o444 },
      ], { defaultMode: 0o400 }),
    },
    log: /^downward-api-volume-with-modes 400\na="1"\nb="2"\n? 444\n$/,
  },
];

const field = (name: string, fieldPath: string) => ({ name, valueFrom: { fieldRef: { fieldPath } } });
const resource = (name: string, of: string) => ({ name, valueFrom: { resourceFieldRef: { resource: of } } });

const environment: OneShot[] = [
  {
    does: 'downward API in the environment',
    spec: {
      containers: [sh('echo $NAME $NS; echo $UID_; echo $IP $HOST $HOSTS; echo $LC $LM $RC $RM $SA $NODE', {
        resources,
        env: [
          field('NAME', 'metadata.name'), field('NS', 'metadata.namespace'), field('UID_', 'metadata.uid'), field('IP', 'status.podIP'),
          field('HOST', 'status.hostIP'), field('HOSTS', 'status.hostIPs'), field('SA', 'spec.serviceAccountName'), field('NODE', 'spec.nodeName'),
          resource('LC', 'limits.cpu'), resource('LM', 'limits.memory'), resource('RC', 'requests.cpu'), resource('RM', 'requests.memory'),
        ],
      })],
    },
    log: /^downward-api-in-the-environment conformance\n[0-9a-f-]{36}\n10\.244\.\d+\.\d+ ([\d.]+) \1\n2 67108864 1 33554432 default node-1\n$/,
  },
  {
    does: 'variables of config maps and secrets',
    spec: {
      containers: [sh('tr "\\0" "\\n" < /proc/1/environ | grep -E "^(p_|s_|ONE|TWO)" | sort', {
        env: [
          { name: 'ONE', valueFrom: { configMapKeyRef: { name: 'conf', key: 'data-1' } } },
          { name: 'TWO', valueFrom: { secretKeyRef: { name: 'sec', key: 'data-1' } } },
        ],
        envFrom: [{ configMapRef: { name: 'conf' }, prefix: 'p_' }, { secretRef: { name: 'sec' }, prefix: 's_' }],
      })],
    },
    log: 'ONE=value-1\nTWO=value-1\np_data-1=value-1\np_data-2=value-2\ns_data-1=value-1\ns_data-2=value-2\n',
  },
  {
    does: 'expansion of variables',
    spec: {
      containers: [{
        name: 'main', image: busybox, command: ['sh', '-c', 'echo $COMPOSED "$0" "$1"', '$(FOO)', 'arg: $(BAR) $$(BAR) $(NONE)'],
        env: [{ name: 'FOO', value: 'foo' }, { name: 'BAR', value: 'bar' }, { name: 'COMPOSED', value: '$(FOO);;$(BAR)' }],
      }],
    },
    log: 'foo;;bar foo arg: bar $(BAR) $(NONE)\n',
  },
  {
    does: 'a sub path of variables',
    spec: {
      containers: [sh('test -d /all/a-sub-path-of-variables && echo found; echo $(ls /part)', {
        env: [field('NAME', 'metadata.name')],
        volumeMounts: [{ name: 'v', mountPath: '/part', subPathExpr: '$(NAME)' }, { name: 'v', mountPath: '/all' }],
      })],
      volumes: [{ name: 'v', emptyDir: {} }],
    },
    log: 'found\n\n',
  },
  {
    does: 'service variables',
    spec: { containers: [sh('env | grep ^FOOSERVICE | sort')] },
    log: new RegExp(
      '^FOOSERVICE_PORT=tcp://(\\S+):8765\nFOOSERVICE_PORT_8765_TCP=tcp://\\1:8765\nFOOSERVICE_PORT_8765_TCP_ADDR=\\1\n' +
      'FOOSERVICE_PORT_8765_TCP_PORT=8765\nFOOSERVICE_PORT_8765_TCP_PROTO=tcp\nFOOSERVICE_SERVICE_HOST=\\1\nFOOSERVICE_SERVICE_PORT=8765\n$'),
  },
  {
    does: 'an image\'s own command',
    spec: { containers: [{ name: 'main', image: 'podium-test/default-command:1' }] },
    log: 'entry default\n',
  },
  {
    does: 'an image\'s command with other arguments',
    spec: { containers: [{ name: 'main', image: 'podium-test/default-command:1', args: ['override'] }] },
    log: 'entry override\n',
  },
];

const security: OneShot[] = [
  { does: 'the user and group of a pod', spec: { containers: [sh('id -u; id -g')], securityContext: { runAsUser: 1001, runAsGroup: 2002 } }, log: '1001\n2002\n' },
  { does: 'the user and group of a container', spec: { containers: [sh('id -u; id -g', { securityContext: { runAsUser: 1001, runAsGroup: 2002 } })] }, log: '1001\n2002\n' },
  { does: 'supplementary groups', spec: { containers: [sh('id -G')], securityContext: { runAsUser: 1001, runAsGroup: 2002, fsGroup: 3003, supplementalGroups: [4004] } }, log: /^2002 (3003 4004|4004 3003)\n$/ },
  {
    does: 'a root file system that can only be read',
    spec: { containers: [sh('(echo x > /file) 2>&1 || echo refused', { securityContext: { readOnlyRootFilesystem: true } })] },
    log: /Read-only file system\nrefused\n$/,
  },
  {
    does: 'no escalation of privileges',
    spec: { containers: [sh('grep NoNewPrivs /proc/self/status', { securityContext: { allowPrivilegeEscalation: false, runAsUser: 1000 } })] },
    log: 'NoNewPrivs:\t1\n',
  },
  {
    does: 'capabilities that are dropped and added',
    spec: { containers: [sh('grep CapBnd /proc/self/status', { securityContext: { capabilities: { drop: ['ALL'], add: ['NET_BIND_SERVICE'] } } })] },
    log: 'CapBnd:\t0000000000000400\n',
  },
  {
    does: 'an unprivileged container',
    spec: { containers: [sh('ip link add dummy0 type dummy 2>/dev/null || echo refused', { securityContext: { privileged: false } })] },
    log: /refused\n$/,
  },
  {
    does: 'sysctls',
    spec: { containers: [sh('cat /proc/sys/kernel/shm_rmid_forced')], securityContext: { sysctls: [{ name: 'kernel.shm_rmid_forced', value: '1' }] } },
    log: '1\n',
  },
  {
    does: 'shared process namespaces',
    spec: { shareProcessNamespace: true, containers: [sh('ps | grep -c "[p]ause"')] },
    log: '1\n',
  },
];

const names: OneShot[] = [
  {
    does: 'host aliases',
    spec: { hostAliases: [{ ip: '123.45.67.89', hostnames: ['foo', 'bar'] }], containers: [sh('cat /etc/hosts')] },
    log: /# Kubernetes-managed hosts file[^]*123\.45\.67\.89\tfoo\tbar/,
  },
  {
    does: 'resolvers of its own',
    spec: {
      dnsPolicy: 'None', dnsConfig: { nameservers: ['1.1.1.1'], searches: ['resolv.conf.local'], options: [{ name: 'ndots', value: '2' }] },
      containers: [sh('cat /etc/resolv.conf')],
    },
    log: /^search resolv\.conf\.local\nnameserver 1\.1\.1\.1\noptions ndots:2\n$/,
  },
  {
    does: 'a host name and a subdomain',
    spec: { hostname: 'hname', subdomain: 'headless', containers: [sh('hostname; grep hname /etc/hosts')] },
    log: /^hname\n10\.[\d.]+\thname\.headless\.conformance\.svc\.cluster\.local\thname\n$/,
  },
  {
    does: 'a fully qualified host name',
    spec: { hostname: 'hname', subdomain: 'headless', setHostnameAsFQDN: true, containers: [sh('hostname')] },
    log: 'hname.headless.conformance.svc.cluster.local\n',
  },
];

const subPaths: OneShot[] = [
  ['configMap', { configMap: { name: 'conf' } }],
  ['secret', { secret: { secretName: 'sec' } }],
  ['projected', { projected: { sources: [{ configMap: { name: 'conf' } }] } }],
].map(([kind, source]): OneShot => ({
  does: `a sub path of a ${kind as string} volume, over a file`,
  spec: {
    containers: [sh('cat /etc/passwd', { volumeMounts: [{ name: 'v', mountPath: '/etc/passwd', subPath: 'data-1' }] })],
    volumes: [{ name: 'v', ...(source as object) }],
  },
  log: 'value-1',
}));

const lifecycle: OneShot[] = [
  {
    does: 'init containers one by one',
    spec: {
      initContainers: [
        { name: 'one', image: busybox, command: ['sh', '-c', 'echo 1 >> /v/log'], volumeMounts: at('/v') },
        { name: 'two', image: busybox, command: ['sh', '-c', 'echo 2 >> /v/log'], volumeMounts: at('/v') },
      ],
      volumes: [{ name: 'v', emptyDir: {} }],
      containers: [sh('cat /v/log', { volumeMounts: at('/v') })],
    },
    log: '1\n2\n',
  },
  {
    does: 'an init container that fails',
    spec: { initContainers: [{ name: 'one', image: busybox, command: ['false'] }], containers: [sh('echo started')] },
    phase: 'Failed',
    log: '',
  },
  {
    does: 'a sidecar beside a job',
    spec: {
      initContainers: [{
        name: 'side', image: busybox, restartPolicy: 'Always', command: ['sh', '-c', 'trap "exit 0" TERM; touch /v/ready; while :; do sleep 0.2; done'],
        volumeMounts: at('/v'), startupProbe: { exec: { command: ['test', '-f', '/v/ready'] }, periodSeconds: 1 },
      }],
      volumes: [{ name: 'v', emptyDir: {} }],
      containers: [sh('ls /v', { volumeMounts: at('/v') })],
    },
    log: 'ready\n',
  },
];

export const oneShots: readonly OneShot[] = [
  ...keyed, ...emptyDirs, ...downwardVolumes, ...environment, ...security, ...names, ...subPaths, ...lifecycle,
];

export const nameOf = ({ does }: OneShot): string => does.toLowerCase().replace(/[^a-z0-9]+/g, '-').replace(/-$/, '');
