import { describe, expect, it } from 'vitest';
import { validateCreate } from '.';
import type { Tree } from './test-objects';
import { createLines, infoOf, merge, objectOf, statusLines, updateLines } from './test-objects';

const container = (change: Tree = {}): Tree =>
  merge({ name: 'c', image: 'busybox', imagePullPolicy: 'Always', terminationMessagePolicy: 'File' }, change);

const podWith = (spec: Tree = {}, rest: Tree = {}): Tree =>
  merge(
    {
      apiVersion: 'v1',
      kind: 'Pod',
      spec: merge({ containers: [container()], restartPolicy: 'Always', dnsPolicy: 'ClusterFirst', terminationGracePeriodSeconds: 30 }, spec),
    },
    rest,
  );

const withContainer = (change: Tree, spec: Tree = {}) => podWith({ containers: [container(change)], ...spec });

const LABEL =
  "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric " +
  "character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')";

interface Case {
  name: string;
  pod: Tree;
  expected: string[];
}

function table(cases: Case[]): void {
  it.each(cases)('$name', ({ pod, expected }) => expect(createLines(pod)).toEqual(expected));
}

describe('a new pod', () => {
  table([
    { name: 'is accepted when in order', pod: podWith(), expected: [] },
    { name: 'needs containers', pod: podWith({ containers: [] }), expected: ['spec.containers: Required value'] },
    {
      name: 'needs a name and an image in each container',
      pod: podWith({ containers: [{ terminationMessagePolicy: 'File', imagePullPolicy: 'Always' }] }),
      expected: ['spec.containers[0].name: Required value', 'spec.containers[0].image: Required value'],
    },
    {
      name: 'has names that are labels and unique',
      pod: podWith({ containers: [container({ name: 'A_b' }), container(), container()] }),
      expected: [`spec.containers[0].name: Invalid value: "A_b": ${LABEL}`, 'spec.containers[2].name: Duplicate value: "c"'],
    },
    {
      name: 'has known policies',
      pod: podWith({ restartPolicy: 'Sometimes', dnsPolicy: 'x', containers: [container({ imagePullPolicy: 'Maybe' })] }),
      expected: [
        'spec.containers[0].imagePullPolicy: Unsupported value: "Maybe": supported values: "Always", "IfNotPresent", "Never"',
        'spec.restartPolicy: Unsupported value: "Sometimes": supported values: "Always", "OnFailure", "Never"',
        'spec.dnsPolicy: Unsupported value: "x": supported values: "ClusterFirstWithHostNet", "ClusterFirst", "Default", "None"',
      ],
    },
    {
      name: 'has no padded image names',
      pod: withContainer({ image: ' busybox ' }),
      expected: ['spec.containers[0].image: Invalid value: " busybox ": must not have leading or trailing whitespace'],
    },
    {
      name: 'comes without ephemeral containers, and unassigned while gated',
      pod: podWith({
        nodeName: 'n', schedulingGates: [{ name: 'a/b' }, { name: 'a/b' }], ephemeralContainers: [container({ name: 'debug' })],
      }),
      expected: [
        'spec.schedulingGates[1]: Duplicate value: "a/b"',
        'spec.ephemeralContainers: Forbidden: cannot be set on create',
        'spec.nodeName: Forbidden: cannot be set until all schedulingGates have been cleared',
      ],
    },
    {
      name: 'keeps to the range of a deadline',
      pod: podWith({ activeDeadlineSeconds: 0 }),
      expected: ['spec.activeDeadlineSeconds: Invalid value: 0: must be between 1 and 2147483647, inclusive'],
    },
    {
      name: 'matches host and container ports on the host network',
      pod: podWith({ hostNetwork: true, containers: [container({ ports: [{ containerPort: 80, hostPort: 81, protocol: 'TCP' }] })] }),
      expected: ['spec.containers[0].ports[0].hostPort: Invalid value: 81: must match `containerPort` when `hostNetwork` is true'],
    },
    {
      name: 'gives a nameserver with DNS policy None',
      pod: podWith({ dnsPolicy: 'None' }),
      expected: ['spec.dnsConfig: Required value: must provide `dnsConfig` when `dnsPolicy` is None'],
    },
    {
      name: 'names a node if it mirrors a static one',
      pod: podWith({}, { metadata: { annotations: { 'kubernetes.io/config.mirror': 'x' } } }),
      expected: ['metadata.annotations[kubernetes.io/config.mirror]: Invalid value: "x": must set spec.nodeName if mirror pod annotation is set'],
    },
  ]);

  it('is checked in well under 100 µs', () => {
    const object = objectOf(withContainer({
      ports: [{ name: 'http', containerPort: 80, protocol: 'TCP' }], env: [{ name: 'A', value: 'b' }],
      resources: { requests: { cpu: '100m', memory: '64Mi' }, limits: { cpu: '1', memory: '128Mi' } },
      readinessProbe: { httpGet: { path: '/', port: 'http', scheme: 'HTTP' }, successThreshold: 1 },
    }));
    const info = infoOf(object);
    for (let i = 0; i < 2000; i++) validateCreate(object, info);
    const start = performance.now();
    for (let i = 0; i < 2000; i++) validateCreate(object, info);
    // Far above what is measured, so that a busy machine doesn't fail it.
    expect((performance.now() - start) / 2000).toBeLessThan(1);
  });
});

describe('ports, environment and mounts', () => {
  table([
    {
      name: 'ports need a number, a protocol and names of their own',
      pod: withContainer({
        ports: [{ name: 'http', containerPort: 0, protocol: 'TCP' }, { name: 'http', containerPort: 70000, protocol: 'ICMP' }],
      }),
      expected: [
        'spec.containers[0].ports[0].containerPort: Required value',
        'spec.containers[0].ports[1].name: Duplicate value: "http"',
        'spec.containers[0].ports[1].containerPort: Invalid value: 70000: must be between 1 and 65535, inclusive',
        'spec.containers[0].ports[1].protocol: Unsupported value: "ICMP": supported values: "SCTP", "TCP", "UDP"',
      ],
    },
    {
      name: 'a host port is taken once',
      pod: podWith({
        containers: ['a', 'b'].map((name) => container({ name, ports: [{ containerPort: 80, hostPort: 80, protocol: 'TCP' }] })),
      }),
      expected: ['spec.containers[1].ports[0].hostPort: Duplicate value: "TCP//80"'],
    },
    {
      name: 'a variable has one source',
      pod: withContainer({
        env: [
          { name: '' }, { name: 'a=b' }, { name: 'A', valueFrom: {} },
          { name: 'B', value: 'x', valueFrom: { fieldRef: { apiVersion: 'v1', fieldPath: 'metadata.name' } } },
          { name: 'C', valueFrom: { fieldRef: { apiVersion: 'v1', fieldPath: 'spec.schedulerName' } } },
          { name: 'D', valueFrom: { configMapKeyRef: { name: 'm', key: '' } } },
          { name: 'E', valueFrom: { fieldRef: { apiVersion: 'v1', fieldPath: 'status.nope' } } },
        ],
      }),
      expected: [
        'spec.containers[0].env[0].name: Required value',
        `spec.containers[0].env[1].name: Invalid value: "a=b": a valid environment variable name must consist only of printable ASCII characters other than '='`,
        'spec.containers[0].env[2].valueFrom: Invalid value: "": must specify one of: `fieldRef`, `resourceFieldRef`, `configMapKeyRef`, `secretKeyRef` or `fileKeyRef`',
        'spec.containers[0].env[3].valueFrom: Invalid value: "": may not be specified when `value` is not empty',
        'spec.containers[0].env[4].valueFrom.fieldRef.fieldPath: Unsupported value: "spec.schedulerName": supported values: "metadata.name", "metadata.namespace", "metadata.uid", "spec.nodeName", "spec.serviceAccountName", "status.hostIP", "status.hostIPs", "status.podIP", "status.podIPs"',
        'spec.containers[0].env[5].valueFrom.configMapKeyRef.key: Required value',
        'spec.containers[0].env[6].valueFrom.fieldRef.fieldPath: Invalid value: "status.nope": error converting fieldPath: field label not supported: status.nope',
      ],
    },
    {
      name: 'a resource field is one of a container',
      pod: withContainer({ env: [{ name: 'A', valueFrom: { resourceFieldRef: { resource: 'limits.cpu', divisor: '1k' } } }] }),
      expected: [
        'spec.containers[0].env[0].valueFrom.resourceFieldRef.divisor: Invalid value: "limits.cpu": only divisor\'s values 1m and 1 are supported with the cpu resource',
      ],
    },
    {
      name: 'a mount is of a volume of the pod, at a path of its own',
      pod: withContainer(
        { volumeMounts: [{ name: 'v', mountPath: '/a' }, { name: 'v', mountPath: '/a', subPath: '../x' }, { name: 'w', mountPath: '' }] },
        { volumes: [{ name: 'v', emptyDir: {} }] },
      ),
      expected: [
        'spec.containers[0].volumeMounts[1].mountPath: Invalid value: "/a": must be unique',
        `spec.containers[0].volumeMounts.subPath: Invalid value: "../x": must not contain '..'`,
        'spec.containers[0].volumeMounts[2].name: Not found: "w"',
        'spec.containers[0].volumeMounts[2].mountPath: Required value',
      ],
    },
    {
      name: 'a device comes out of a claim',
      pod: withContainer({ volumeDevices: [{ name: 'v', devicePath: '/dev/x' }] }, { volumes: [{ name: 'v', emptyDir: {} }] }),
      expected: [
        'spec.containers[0].volumeDevices[0].name: Invalid value: "v": can only use volume source type of PersistentVolumeClaim or Ephemeral for block mode',
      ],
    },
  ]);
});

describe('resources', () => {
  const withResources = (resources: Tree) => withContainer({ resources });
  const at = 'spec.containers[0].resources';
  table([
    {
      name: 'a request is within its limit',
      pod: withResources({ requests: { cpu: '2', memory: '1Gi' }, limits: { cpu: '1', memory: '1024Mi' } }),
      expected: [`${at}.requests: Invalid value: "2": must be less than or equal to cpu limit of 1`],
    },
    {
      name: 'a resource has a known name',
      pod: withResources({ limits: { gpu: '1' } }),
      expected: [
        `${at}.limits[gpu]: Invalid value: "gpu": must be a standard resource type or fully qualified`,
        `${at}.limits[gpu]: Invalid value: "gpu": must be a standard resource for containers`,
      ],
    },
    {
      name: 'an amount is not negative, and whole if the resource is extended',
      pod: withResources({ limits: { cpu: '-1', 'example.com/gpu': '500m' } }),
      expected: [
        `${at}.limits[cpu]: Invalid value: "-1": must be greater than or equal to 0`,
        `${at}.limits[example.com/gpu]: Invalid value: "500m": must be an integer`,
      ],
    },
    {
      name: 'extended resources are not overcommitted',
      pod: withResources({ requests: { 'example.com/gpu': '1', 'example.com/b': '1' }, limits: { 'example.com/gpu': '2' } }),
      expected: [
        `${at}.requests: Invalid value: "1": must be equal to example.com/gpu limit of 2`,
        `${at}.limits: Required value: Limit must be set for non overcommitable resources`,
      ],
    },
    {
      name: 'huge pages come in whole pages, beside cpu or memory',
      pod: withResources({ limits: { 'hugepages-2Mi': '3Mi' } }),
      expected: [
        `${at}.limits[hugepages-2Mi]: Invalid value: "3Mi": 3Mi is not positive integer multiple of hugepages-2Mi`,
        `${at}: Forbidden: HugePages require cpu or memory`,
      ],
    },
  ]);
});

describe('probes and init containers', () => {
  const readiness = (probe: Tree) => withContainer({ readinessProbe: probe });
  const at = 'spec.containers[0]';
  table([
    { name: 'a probe has a handler', pod: readiness({}), expected: [`${at}.readinessProbe: Required value: must specify a handler type`] },
    {
      name: 'a probe has one handler',
      pod: readiness({ exec: { command: ['x'] }, tcpSocket: { port: 1 } }),
      expected: [`${at}.readinessProbe.tcpSocket: Forbidden: may not specify more than 1 handler type`],
    },
    {
      name: 'an HTTP probe has a path, a port and a scheme',
      pod: readiness({ httpGet: { port: 0, scheme: 'FTP', httpHeaders: [{ name: 'a b', value: '' }] }, periodSeconds: -1 }),
      expected: [
        `${at}.readinessProbe.httpGet.path: Required value`,
        `${at}.readinessProbe.httpGet.port: Invalid value: 0: must be between 1 and 65535, inclusive`,
        `${at}.readinessProbe.httpGet.scheme: Unsupported value: "FTP": supported values: "HTTP", "HTTPS"`,
        `${at}.readinessProbe.httpGet.httpHeaders: Invalid value: "a b": a valid HTTP header must consist of alphanumeric characters or '-' (e.g. 'X-Header-Name', regex used for validation is '[-A-Za-z0-9]+')`,
        `${at}.readinessProbe.periodSeconds: Invalid value: -1: must be greater than or equal to 0`,
      ],
    },
    {
      name: 'a liveness probe succeeds once',
      pod: withContainer({ livenessProbe: { exec: { command: ['x'] }, successThreshold: 2 } }),
      expected: [`${at}.livenessProbe.successThreshold: Invalid value: 2: must be 1`],
    },
    {
      name: 'only sidecars among init containers have probes and hooks',
      pod: podWith({
        initContainers: [
          container({ name: 'i', readinessProbe: { exec: { command: ['x'] } } }),
          container({ name: 's', restartPolicy: 'Always', readinessProbe: { exec: { command: ['x'] } } }),
          container(),
        ],
      }),
      expected: [
        'spec.initContainers[0].readinessProbe: Forbidden: may not be set for init containers without restartPolicy=Always',
        'spec.initContainers[2].name: Duplicate value: "c"',
      ],
    },
    {
      name: 'a sleep fits into the grace period',
      pod: withContainer({ lifecycle: { preStop: { sleep: { seconds: 60 } } } }),
      expected: [`${at}.lifecycle.preStop.sleep: Invalid value: 60: must be non-negative and less than terminationGracePeriodSeconds (30)`],
    },
  ]);
});

describe('volumes', () => {
  const withVolume = (volume: Tree) => podWith({ volumes: [volume] });
  table([
    { name: 'a volume has a source', pod: withVolume({ name: 'v' }), expected: ['spec.volumes[0]: Required value: must specify a volume type'] },
    {
      name: 'a volume has one source',
      pod: withVolume({ name: 'v', emptyDir: {}, configMap: { name: 'm' } }),
      expected: ['spec.volumes[0].configMap: Forbidden: may not specify more than 1 volume type'],
    },
    {
      name: 'names are unique',
      pod: podWith({ volumes: [{ name: 'v', emptyDir: {} }, { name: 'v', emptyDir: {} }] }),
      expected: ['spec.volumes[1].name: Duplicate value: "v"'],
    },
    {
      name: 'files of a config map stay below the mount',
      pod: withVolume({ name: 'v', configMap: { name: '', defaultMode: 0o1000, items: [{ key: 'a', path: '/b' }, { key: '', path: '..c' }] } }),
      expected: [
        'spec.volumes[0].configMap.name: Required value',
        'spec.volumes[0].configMap.defaultMode: Invalid value: 512: must be a number between 0 and 0777 (octal), both inclusive',
        'spec.volumes[0].configMap.items[0].path: Invalid value: "/b": must be a relative path',
        'spec.volumes[0].configMap.items[1].key: Required value',
        `spec.volumes[0].configMap.items[1].path: Invalid value: "..c": must not start with '..'`,
      ],
    },
    {
      name: 'a host path has a path and a known type',
      pod: podWith({ volumes: [{ name: 'a', hostPath: { path: '' } }, { name: 'b', hostPath: { path: '/x/../y', type: 'Folder' } }] }),
      expected: [
        'spec.volumes[0].hostPath.path: Required value',
        `spec.volumes[1].hostPath.path: Invalid value: "/x/../y": must not contain '..'`,
        'spec.volumes[1].hostPath.type: Unsupported value: "Folder": supported values: "", "BlockDevice", "CharDevice", "Directory", "DirectoryOrCreate", "File", "FileOrCreate", "Socket"',
      ],
    },
    {
      name: 'projected files do not collide, and a token lives ten minutes',
      pod: podWith({
        serviceAccountName: 'default',
        volumes: [{
          name: 'v',
          projected: {
            sources: [
              { secret: { name: 's', items: [{ key: 'a', path: 'x' }] } },
              { configMap: { name: 'm', items: [{ key: 'a', path: 'x' }] } },
              { serviceAccountToken: { path: 'token', expirationSeconds: 60 } },
            ],
          },
        }],
      }),
      expected: [
        'spec.volumes[0].projected: Invalid value: "m": conflicting duplicate paths',
        'spec.volumes[0].projected.sources[2].serviceAccountToken.expirationSeconds: Invalid value: 60: may not specify a duration less than 10 minutes',
      ],
    },
    {
      name: 'the claim of an ephemeral volume is a claim',
      pod: withVolume({ name: 'v', ephemeral: { volumeClaimTemplate: { spec: { accessModes: ['ReadWriteOnce'], resources: {} } } } }),
      expected: ['spec.volumes[0].ephemeral.volumeClaimTemplate.spec.resources[storage]: Required value'],
    },
  ]);
});

describe('scheduling and security', () => {
  table([
    {
      name: 'a toleration is complete',
      pod: podWith({
        tolerations: [{ operator: 'Equal' }, { key: 'a', operator: 'Exists', value: 'x' }, { key: 'b', effect: 'NoSchedule', tolerationSeconds: 1 }, { key: 'c', effect: 'Never' }],
      }),
      expected: [
        'spec.tolerations[0].operator: Invalid value: "Equal": operator must be Exists when `key` is empty, which means "match all values and all keys"',
        `spec.tolerations[1].operator: Invalid value: "x": value must be empty when \`operator\` is 'Exists'`,
        "spec.tolerations[2].effect: Invalid value: \"NoSchedule\": effect must be 'NoExecute' when `tolerationSeconds` is set",
        'spec.tolerations[3].effect: Unsupported value: "Never": supported values: "NoSchedule", "PreferNoSchedule", "NoExecute"',
      ],
    },
    {
      name: 'affinity terms are complete',
      pod: podWith({
        affinity: {
          nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: [{ matchExpressions: [{ key: 'a', operator: 'In' }] }] } },
          podAntiAffinity: { preferredDuringSchedulingIgnoredDuringExecution: [{ weight: 101, podAffinityTerm: { topologyKey: 'zone' } }] },
        },
      }),
      expected: [
        "spec.affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms[0].matchExpressions[0].values: Required value: must be specified when `operator` is 'In' or 'NotIn'",
        'spec.affinity.podAntiAffinity.preferredDuringSchedulingIgnoredDuringExecution[0].weight: Invalid value: 101: must be in the range 1-100',
      ],
    },
    {
      name: 'spread constraints are complete and distinct',
      pod: podWith({
        topologySpreadConstraints: [
          { maxSkew: 0, topologyKey: 'zone', whenUnsatisfiable: 'ScheduleAnyway', labelSelector: {}, minDomains: 2 },
          { maxSkew: 1, topologyKey: 'zone', whenUnsatisfiable: 'ScheduleAnyway', labelSelector: {} },
        ],
      }),
      expected: [
        'spec.topologySpreadConstraints[0].maxSkew: Invalid value: 0: must be greater than zero',
        'spec.topologySpreadConstraints[0].{topologyKey, whenUnsatisfiable}: Duplicate value: "{zone, ScheduleAnyway}"',
        'spec.topologySpreadConstraints[0].minDomains: Invalid value: 2: can only use minDomains if whenUnsatisfiable=DoNotSchedule, not ScheduleAnyway',
      ],
    },
    {
      name: 'security settings go together',
      pod: withContainer(
        { securityContext: { privileged: true, allowPrivilegeEscalation: false, runAsUser: -1, seccompProfile: { type: 'Localhost' } } },
        { hostNetwork: true, securityContext: { sysctls: [{ name: 'net.ipv4.ip_forward', value: '1' }, { name: 'A', value: '' }] } },
      ),
      expected: [
        'spec.containers[0].securityContext.runAsUser: Invalid value: -1: must be between 0 and 4294967295, inclusive',
        'spec.containers[0].securityContext.seccompProfile.localhostProfile: Required value: must be set when seccomp type is Localhost',
        'spec.containers[0].securityContext: Invalid value: {"privileged":true,"allowPrivilegeEscalation":false,"runAsUser":-1,"seccompProfile":{"type":"Localhost"}}: cannot set `allowPrivilegeEscalation` to false and `privileged` to true',
        "spec.securityContext.sysctls[0].name: Invalid value: \"net.ipv4.ip_forward\": may not be specified when 'hostNetwork' is true",
        'spec.securityContext.sysctls[1].name: Invalid value: "A": must have at most 253 characters and match regex ^([a-z0-9]([-_a-z0-9]*[a-z0-9])?[\\./])*[a-z0-9]([-_a-z0-9]*[a-z0-9])?$',
      ],
    },
    {
      name: 'a Windows pod has no Linux settings',
      pod: podWith({ os: { name: 'windows' }, hostPID: true, securityContext: { fsGroup: 1 } }),
      expected: [
        'spec.hostPID: Forbidden: cannot be set for a windows pod',
        'spec.securityContext.fsGroup: Forbidden: cannot be set for a windows pod',
      ],
    },
  ]);
});

describe('a change of a pod', () => {
  it('may replace an image and add a toleration', () => {
    expect(updateLines(podWith({ containers: [container({ image: 'b' })], tolerations: [{ operator: 'Exists' }] }), podWith())).toEqual([]);
  });

  it('may change nothing else, and shows what was changed', () => {
    const found = updateLines(podWith({ hostname: 'b' }), podWith({ hostname: 'a' }));
    expect(found).toHaveLength(1);
    expect(found[0]).toContain(
      'spec: Forbidden: pod updates may not change fields other than `spec.containers[*].image`,`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to existing tolerations),`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)\n',
    );
    expect(found[0]).toContain('-  "hostname": "a",\n+  "hostname": "b",\n');
  });

  it.each<[string, Tree, Tree, string]>([
    ['containers come or go', { containers: [container(), container({ name: 'd' })] }, {}, 'spec.containers: Forbidden: pod updates may not add or remove containers'],
    ['a deadline grows', { activeDeadlineSeconds: 5 }, { activeDeadlineSeconds: 4 }, 'spec.activeDeadlineSeconds: Invalid value: 5: must be less than or equal to previous value'],
    ['a deadline is dropped', {}, { activeDeadlineSeconds: 4 }, 'spec.activeDeadlineSeconds: Invalid value: null: must not update from a positive integer to nil value'],
    ['a toleration goes', {}, { tolerations: [{ operator: 'Exists' }] }, 'spec.tolerations: Forbidden: existing toleration can not be modified except its tolerationSeconds'],
    ['a gate comes', { schedulingGates: [{ name: 'a' }] }, {}, "spec.schedulingGates[0].name: Forbidden: only deletion is allowed, but found new scheduling gate 'a'"],
  ])('is refused when %s', (_name, now, old, expected) => {
    expect(updateLines(podWith(now), podWith(old))[0]).toBe(expected);
  });

  it('lets a gated pod narrow its node selector', () => {
    const gated = (nodeSelector: Tree) => podWith({ schedulingGates: [{ name: 'a' }], nodeSelector });
    expect(updateLines(gated({ a: 'b', c: 'd' }), gated({ a: 'b' }))).toEqual([]);
    expect(updateLines(gated({ a: 'x' }), gated({ a: 'b' }))).toEqual([
      'spec.nodeSelector: Invalid value: {"a":"x"}: only additions to spec.nodeSelector are allowed (no mutations or deletions)',
    ]);
  });

  it('keeps identity and needs a resource version', () => {
    const now = podWith({}, { metadata: { uid: 'b', resourceVersion: null } });
    expect(updateLines(now, podWith({}, { metadata: { uid: 'a' } }))).toEqual([
      'metadata.resourceVersion: Invalid value: 0x0: must be specified for an update',
      'metadata.uid: Invalid value: "b": field is immutable',
    ].slice(0, 2));
  });

  it('adds no finalizer while it is being deleted', () => {
    const deleted = { deletionTimestamp: '2026-01-01T00:00:00Z' };
    expect(updateLines(podWith({}, { metadata: { ...deleted, finalizers: ['a/b'] } }), podWith({}, { metadata: deleted }))).toEqual([
      'metadata.finalizers: Forbidden: no new finalizers can be added if the object is being deleted, found new finalizers []string{"a/b"}',
    ]);
  });
});

describe('a change of a pod status', () => {
  const never = (state: Tree, status: Tree = {}) =>
    podWith({ restartPolicy: 'Never' }, { status: { qosClass: 'Burstable', containerStatuses: [{ name: 'c', state }], ...status } });

  it('does not bring a finished container back', () => {
    expect(statusLines(never({ running: {} }), never({ terminated: { exitCode: 1 } }))).toEqual([
      'status.containerStatuses[0].state: Forbidden: may not be transitioned to non-terminated state',
    ]);
  });

  it('keeps the quality of service and gives one address a family', () => {
    const now = never({ running: {} }, { qosClass: 'BestEffort', podIPs: [{ ip: '10.0.0.1' }, { ip: '10.0.0.2' }] });
    expect(statusLines(now, never({ running: {} }))).toEqual([
      'status.qosClass: Invalid value: "BestEffort": field is immutable',
      'status.podIPs: Invalid value: [{"IP":"10.0.0.1"},{"IP":"10.0.0.2"}]: may specify no more than one IP for each IP family',
    ]);
  });
});
