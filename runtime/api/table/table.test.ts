import { describe, expect, it } from 'vitest';
import { catalogue } from '../catalogue';
import type { KubeObject } from '../object';
import { compileJsonPath, humanDuration, JsonPathError, tableFor } from './index';
import type { TableOptions } from './index';

const now = Date.parse('2026-01-01T12:00:00Z');
const ago = (seconds: number): string => new Date(now - seconds * 1000).toISOString().replace('.000', '');
type Obj = Record<string, unknown>;

const object = (fields: Obj, metadata: Obj = {}): KubeObject =>
  ({ metadata: { name: 'x', creationTimestamp: ago(300), ...metadata }, ...fields }) as unknown as KubeObject;

/** Cells by column name. */
function row(kind: string, o: KubeObject, options?: TableOptions): Record<string, unknown> {
  const [name = '', group = ''] =
    kind.split('.', 2).length === 2 ? [kind.slice(0, kind.indexOf('.')), kind.slice(kind.indexOf('.') + 1)] : [kind];
  const table = tableFor({ group, kind: name }, [o], now, options);
  expect(table.rows[0]!.cells).toHaveLength(table.columnDefinitions.length);
  return Object.fromEntries(table.columnDefinitions.map((column, i) => [column.name, table.rows[0]!.cells[i]]));
}

describe('humanDuration', () => {
  it.each([
    [-5, '<invalid>'],
    [-1.5, '0s'],
    [0, '0s'],
    [119, '119s'],
    [120, '2m'],
    [125, '2m5s'],
    [599, '9m59s'],
    [600, '10m'],
    [10_799, '179m'],
    [10_800, '3h'],
    [11_100, '3h5m'],
    [28_800, '8h'],
    [172_799, '47h'],
    [172_800, '2d'],
    [176_400, '2d1h'],
    [691_199, '7d23h'],
    [691_200, '8d'],
    [62_985_600, '729d'],
    [63_072_000, '2y'],
    [63_158_400, '2y1d'],
    [252_288_000, '8y'],
  ])('%d seconds is %s', (seconds, text) => expect(humanDuration(seconds * 1000)).toBe(text));
});

describe('pods', () => {
  const running = { name: 'c', ready: true, restartCount: 0, state: { running: {} } };
  const waiting = (reason: string, extra: Obj = {}) => ({
    name: 'c',
    ready: false,
    restartCount: 0,
    state: { waiting: { reason } },
    ...extra,
  });
  const terminated = (t: Obj, extra: Obj = {}) => ({
    name: 'c',
    ready: false,
    restartCount: 0,
    state: { terminated: t },
    ...extra,
  });
  const pod = (status: Obj, spec: Obj = {}, metadata: Obj = {}) =>
    object({ spec: { containers: [{ name: 'c' }], ...spec }, status: { phase: 'Running', ...status } }, metadata);

  it.each<[string, KubeObject, string, string, string]>([
    ['running', pod({ containerStatuses: [running] }), '1/1', 'Running', '0'],
    ['pending', pod({ phase: 'Pending' }), '0/1', 'Pending', '0'],
    [
      'waiting',
      pod({ phase: 'Pending', containerStatuses: [waiting('ImagePullBackOff')] }),
      '0/1',
      'ImagePullBackOff',
      '0',
    ],
    [
      'crashing',
      pod({
        containerStatuses: [
          waiting('CrashLoopBackOff', { restartCount: 2, lastState: { terminated: { finishedAt: ago(300) } } }),
        ],
      }),
      '0/1',
      'CrashLoopBackOff',
      '2 (5m ago)',
    ],
    [
      'completed',
      pod({ phase: 'Succeeded', containerStatuses: [terminated({ reason: 'Completed', exitCode: 0 })] }),
      '0/1',
      'Completed',
      '0',
    ],
    ['killed by a signal', pod({ containerStatuses: [terminated({ signal: 9 })] }), '0/1', 'Signal:9', '0'],
    ['failed', pod({ phase: 'Failed', containerStatuses: [terminated({ exitCode: 3 })] }), '0/1', 'ExitCode:3', '0'],
    ['evicted', pod({ phase: 'Failed', reason: 'Evicted' }), '0/1', 'Evicted', '0'],
    [
      'terminating',
      pod({ containerStatuses: [running] }, {}, { deletionTimestamp: ago(1) }),
      '1/1',
      'Terminating',
      '0',
    ],
    [
      'done while deleted',
      pod({ phase: 'Failed', containerStatuses: [terminated({ reason: 'Error' })] }, {}, { deletionTimestamp: ago(1) }),
      '0/1',
      'Error',
      '0',
    ],
    ['on a lost node', pod({ reason: 'NodeLost' }, {}, { deletionTimestamp: ago(1) }), '0/1', 'Unknown', '0'],
    [
      'gated',
      pod({ phase: 'Pending', conditions: [{ type: 'PodScheduled', reason: 'SchedulingGated' }] }),
      '0/1',
      'SchedulingGated',
      '0',
    ],
    [
      'initializing',
      pod(
        { phase: 'Pending', initContainerStatuses: [terminated({ exitCode: 0 }), waiting('PodInitializing')] },
        { initContainers: [{ name: 'c' }, { name: 'd' }] },
      ),
      '0/1',
      'Init:1/2',
      '0',
    ],
    [
      'failing to initialize',
      pod(
        { phase: 'Pending', initContainerStatuses: [waiting('CrashLoopBackOff', { restartCount: 4 })] },
        { initContainers: [{ name: 'c' }] },
      ),
      '0/1',
      'Init:CrashLoopBackOff',
      '4',
    ],
    [
      'failed to initialize',
      pod(
        { phase: 'Failed', initContainerStatuses: [terminated({ exitCode: 1 })] },
        { initContainers: [{ name: 'c' }] },
      ),
      '0/1',
      'Init:ExitCode:1',
      '0',
    ],
    [
      'with a sidecar',
      pod(
        {
          initContainerStatuses: [{ name: 's', ready: true, started: true, restartCount: 1, state: { running: {} } }],
          containerStatuses: [running],
        },
        { initContainers: [{ name: 's', restartPolicy: 'Always' }] },
      ),
      '2/2',
      'Running',
      '1',
    ],
    [
      'half done',
      pod({ containerStatuses: [terminated({ reason: 'Completed' }), running] }, { containers: [{}, {}] }),
      '1/2',
      'NotReady',
      '0',
    ],
    [
      'half done and ready',
      pod(
        {
          conditions: [{ type: 'Ready', status: 'True' }],
          containerStatuses: [terminated({ reason: 'Completed' }), running],
        },
        { containers: [{}, {}] },
      ),
      '1/2',
      'Running',
      '0',
    ],
  ])('%s', (_, o, Ready, Status, Restarts) =>
    expect(row('Pod', o)).toMatchObject({ Ready, Status, Restarts, Age: '5m' }),
  );

  it('have wide columns', () => {
    const o = pod(
      { podIPs: [{ ip: '10.244.1.2' }], conditions: [{ type: 'a', status: 'True' }] },
      { nodeName: 'node-1', readinessGates: [{ conditionType: 'a' }, { conditionType: 'b' }] },
    );
    expect(row('Pod', o)).toMatchObject({
      'IP': '10.244.1.2',
      'Node': 'node-1',
      'Nominated Node': '<none>',
      'Readiness Gates': '1/2',
    });
    const priorities = tableFor({ group: '', kind: 'Pod' }, [], now).columnDefinitions.map((column) => column.priority);
    expect(priorities).toEqual([0, 0, 0, 0, 0, 1, 1, 1, 1]);
  });

  it('that are done are marked so', () => {
    expect(tableFor({ group: '', kind: 'Pod' }, [pod({ phase: 'Succeeded' })], now).rows[0]!.conditions).toEqual([
      { type: 'Completed', status: 'True', reason: 'Succeeded', message: 'The pod has completed successfully.' },
    ]);
  });
});

describe('cells', () => {
  const template = {
    spec: {
      containers: [
        { name: 'a', image: 'i:1' },
        { name: 'b', image: 'j:2' },
      ],
    },
  };
  it.each<[string, KubeObject, Obj]>([
    [
      'Deployment.apps',
      object({
        spec: { replicas: 3, selector: { matchLabels: { b: '2', a: '1' } }, template },
        status: { readyReplicas: 2, updatedReplicas: 3, availableReplicas: 1 },
      }),
      {
        'Ready': '2/3',
        'Up-to-date': 3,
        'Available': 1,
        'Containers': 'a,b',
        'Images': 'i:1,j:2',
        'Selector': 'a=1,b=2',
      },
    ],
    [
      'ReplicaSet.apps',
      object({
        spec: {
          replicas: 3,
          selector: { matchExpressions: [{ key: 'k', operator: 'In', values: ['b', 'a'] }] },
          template,
        },
        status: { replicas: 2 },
      }),
      { Desired: 3, Current: 2, Ready: 0, Selector: 'k in (a,b)' },
    ],
    [
      'ReplicationController',
      object({ spec: { replicas: 1, selector: { b: '2', a: '1' } }, status: {} }),
      { Desired: 1, Selector: 'a=1,b=2', Containers: '' },
    ],
    ['StatefulSet.apps', object({ spec: { replicas: 2, template }, status: { readyReplicas: 1 } }), { Ready: '1/2' }],
    [
      'DaemonSet.apps',
      object({ spec: { template, selector: {} }, status: { desiredNumberScheduled: 3, numberReady: 2 } }),
      { 'Desired': 3, 'Ready': 2, 'Node Selector': '<none>', 'Selector': '<none>' },
    ],
    [
      'Job.batch',
      object({ spec: { completions: 5, template }, status: { succeeded: 2, startTime: ago(90) } }),
      { Status: 'Running', Completions: '2/5', Duration: '90s' },
    ],
    [
      'Job.batch',
      object({
        spec: { parallelism: 3, template },
        status: { conditions: [{ type: 'Complete', status: 'True' }], startTime: ago(90), completionTime: ago(60) },
      }),
      { Status: 'Complete', Completions: '0/1 of 3', Duration: '30s' },
    ],
    [
      'CronJob.batch',
      object({ spec: { schedule: '* * * * *', suspend: false }, status: { active: [{}], lastScheduleTime: ago(60) } }),
      { 'Timezone': '<none>', 'Suspend': 'False', 'Active': 1, 'Last Schedule': '60s' },
    ],
    [
      'Service',
      object({
        spec: {
          type: 'NodePort',
          clusterIPs: ['10.96.0.9'],
          ports: [
            { port: 80, nodePort: 30080, protocol: 'TCP' },
            { port: 53, protocol: 'UDP' },
          ],
          selector: { a: 'b' },
        },
      }),
      {
        'Type': 'NodePort',
        'Cluster-IP': '10.96.0.9',
        'External-IP': '<none>',
        'Port(s)': '80:30080/TCP,53/UDP',
        'Selector': 'a=b',
      },
    ],
    [
      'Service',
      object({ spec: { type: 'LoadBalancer' } }),
      { 'Cluster-IP': '<none>', 'External-IP': '<pending>', 'Port(s)': '<none>', 'Selector': '<none>' },
    ],
    [
      'Service',
      object({
        spec: { type: 'LoadBalancer', externalIPs: ['9.9.9.9'] },
        status: { loadBalancer: { ingress: [{ ip: '2.2.2.2' }, { hostname: 'h' }] } },
      }),
      { 'External-IP': '2.2.2.2,h,9.9.9.9' },
    ],
    ['Service', object({ spec: { type: 'ExternalName', externalName: 'x.y' } }), { 'External-IP': 'x.y' }],
    [
      'Endpoints',
      object({ subsets: [{ addresses: [{ ip: '1.1.1.1' }, { ip: '1.1.1.2' }], ports: [{ port: 80 }, { port: 81 }] }] }),
      { Endpoints: '1.1.1.1:80,1.1.1.2:80,1.1.1.1:81 + 1 more...' },
    ],
    ['Endpoints', object({}), { Endpoints: '<none>' }],
    [
      'EndpointSlice.discovery.k8s.io',
      object({
        addressType: 'IPv4',
        ports: [{ port: 80 }],
        endpoints: [1, 2, 3, 4].map((i) => ({ addresses: [`1.1.1.${i}`] })),
      }),
      { AddressType: 'IPv4', Ports: '80', Endpoints: '1.1.1.1,1.1.1.2,1.1.1.3 + 1 more...' },
    ],
    ['EndpointSlice.discovery.k8s.io', object({ addressType: 'IPv4' }), { Ports: '<unset>', Endpoints: '<unset>' }],
    [
      'Ingress.networking.k8s.io',
      object({ spec: { rules: [{ host: 'a' }, {}], tls: [{}] } }),
      { Class: '<none>', Hosts: 'a', Address: '', Ports: '80, 443' },
    ],
    [
      'IngressClass.networking.k8s.io',
      object({ spec: { controller: 'c', parameters: { apiGroup: 'g', kind: 'K', name: 'n' } } }),
      { Parameters: 'K.g/n' },
    ],
    ['NetworkPolicy.networking.k8s.io', object({ spec: { podSelector: {} } }), { 'Pod-Selector': '<none>' }],
    [
      'Node',
      object(
        {
          spec: { unschedulable: true },
          status: {
            conditions: [{ type: 'Ready', status: 'True' }],
            nodeInfo: { kubeletVersion: 'v1.36.0' },
            addresses: [{ type: 'InternalIP', address: '172.18.0.2' }],
          },
        },
        { labels: { 'node-role.kubernetes.io/worker': '', 'kubernetes.io/role': 'edge' } },
      ),
      {
        'Status': 'Ready,SchedulingDisabled',
        'Roles': 'edge,worker',
        'Version': 'v1.36.0',
        'Internal-IP': '172.18.0.2',
        'External-IP': '<none>',
        'OS-Image': '<unknown>',
      },
    ],
    [
      'Node',
      object({ status: { conditions: [{ type: 'Ready', status: 'Unknown' }] } }),
      { Status: 'NotReady', Roles: '<none>' },
    ],
    ['Namespace', object({ status: { phase: 'Active' } }), { Status: 'Active' }],
    ['ConfigMap', object({ data: { a: '1' }, binaryData: { b: '' } }), { Data: 2 }],
    ['Secret', object({ type: 'Opaque', data: { a: '' } }), { Type: 'Opaque', Data: 1 }],
    [
      'Event',
      object({
        lastTimestamp: ago(30),
        firstTimestamp: ago(60),
        count: 3,
        type: 'Warning',
        reason: 'BackOff',
        message: ' m\n',
        involvedObject: { kind: 'Pod', name: 'p', fieldPath: 'f' },
        source: { component: 'kubelet', host: 'n' },
      }),
      {
        'Last Seen': '30s',
        'Object': 'pod/p',
        'Source': 'kubelet, n',
        'Message': 'm',
        'First Seen': '60s',
        'Count': 3,
      },
    ],
    [
      'Event.events.k8s.io',
      object({ eventTime: ago(40), note: 'n', regarding: { kind: 'Pod', name: 'p' }, reportingController: 'c' }),
      { 'Last Seen': '40s', 'Object': 'pod/p', 'Message': 'n', 'Count': 1, 'Source': 'c' },
    ],
    [
      'PersistentVolume',
      object({
        spec: {
          capacity: { storage: '1Gi' },
          accessModes: ['ReadWriteMany', 'ReadWriteOnce'],
          claimRef: { namespace: 'n', name: 'c' },
        },
        status: { phase: 'Bound' },
      }),
      { 'Capacity': '1Gi', 'Access Modes': 'RWO,RWX', 'Claim': 'n/c', 'VolumeAttributesClass': '<unset>' },
    ],
    [
      'PersistentVolumeClaim',
      object({ spec: {}, status: { phase: 'Pending' } }),
      { Status: 'Pending', Capacity: '', VolumeMode: '<unset>' },
    ],
    [
      'StorageClass.storage.k8s.io',
      object({ provisioner: 'p' }, { annotations: { 'storageclass.kubernetes.io/is-default-class': 'true' } }),
      { Name: 'x (default)', ReclaimPolicy: 'Delete', VolumeBindingMode: 'Immediate', AllowVolumeExpansion: false },
    ],
    [
      'HorizontalPodAutoscaler.autoscaling',
      object({
        spec: {
          scaleTargetRef: { kind: 'Deployment', name: 'd' },
          maxReplicas: 5,
          metrics: [{ type: 'Resource', resource: { name: 'cpu', target: { averageUtilization: 80 } } }],
        },
        status: { currentReplicas: 2 },
      }),
      { Reference: 'Deployment/d', Targets: 'cpu: <unknown>/80%', MinPods: '<unset>', MaxPods: 5 },
    ],
    [
      'HorizontalPodAutoscaler.autoscaling',
      object({
        spec: { targetCPUUtilizationPercentage: 50, minReplicas: 1 },
        status: { currentCPUUtilizationPercentage: 20 },
      }),
      { Targets: 'cpu: 20%/50%', MinPods: '1' },
    ],
    [
      'PodDisruptionBudget.policy',
      object({ spec: { minAvailable: 1 }, status: { disruptionsAllowed: 2 } }),
      { 'Min Available': '1', 'Max Unavailable': 'N/A', 'Allowed Disruptions': 2 },
    ],
    [
      'ResourceQuota',
      object({ status: { hard: { 'pods': '5', 'limits.cpu': '2' }, used: { pods: '1' } } }),
      { Request: 'pods: 1/5', Limit: 'limits.cpu: 0/2' },
    ],
    [
      'RoleBinding.rbac.authorization.k8s.io',
      object({
        roleRef: { kind: 'Role', name: 'r' },
        subjects: [
          { kind: 'User', name: 'u' },
          { kind: 'ServiceAccount', namespace: 'n', name: 's' },
        ],
      }),
      { Role: 'Role/r', Users: 'u', Groups: '', ServiceAccounts: 'n/s' },
    ],
    [
      'CertificateSigningRequest.certificates.k8s.io',
      object({
        spec: { username: 'u', expirationSeconds: 86_400 },
        status: { conditions: [{ type: 'Approved' }], certificate: 'x' },
      }),
      { RequestedDuration: '24h', Condition: 'Approved,Issued' },
    ],
    ['Lease.coordination.k8s.io', object({ spec: { holderIdentity: 'h' } }), { Holder: 'h' }],
    ['PriorityClass.scheduling.k8s.io', object({ value: 10 }), { 'Value': 10, 'Global-Default': false }],
    [
      'APIService.apiregistration.k8s.io',
      object({ status: { conditions: [{ type: 'Available', status: 'False', reason: 'Gone' }] } }),
      { Service: 'Local', Available: 'False (Gone)' },
    ],
    [
      'ControllerRevision.apps',
      object(
        { revision: 3 },
        { ownerReferences: [{ apiVersion: 'apps/v1', kind: 'DaemonSet', name: 'd', controller: true }] },
      ),
      { Controller: 'daemonset.apps/d', Revision: 3 },
    ],
    ['Role.rbac.authorization.k8s.io', object({}), { 'Name': 'x', 'Created At': ago(300) }],
    ['CustomResourceDefinition.apiextensions.k8s.io', object({}), { 'Created At': ago(300) }],
  ])('of a %s', (kind, o, expected) => expect(row(kind, o)).toMatchObject(expected));

  it('never fail, whatever an object holds', () => {
    const odd = [
      {},
      { metadata: null, spec: 5, status: [] },
      { metadata: { name: 'x' }, spec: { containers: 'a', ports: [null] }, status: { conditions: {} } },
    ];
    for (const { group, kind } of catalogue.allResources()) {
      const table = tableFor({ group, kind }, odd as unknown as KubeObject[], now);
      for (const { cells } of table.rows) expect(cells).toHaveLength(table.columnDefinitions.length);
    }
  });
});

describe('a table', () => {
  it("has the list's metadata and each object's own", () => {
    const table = tableFor({ group: '', kind: 'ConfigMap' }, [object({ data: {} })], now, {
      metadata: { resourceVersion: '7' },
    });
    expect(table).toMatchObject({ kind: 'Table', apiVersion: 'meta.k8s.io/v1', metadata: { resourceVersion: '7' } });
    expect(table.rows[0]!.object).toEqual({
      kind: 'PartialObjectMetadata',
      apiVersion: 'meta.k8s.io/v1',
      metadata: { name: 'x', creationTimestamp: ago(300) },
    });
  });

  it('includes no object, or all of it, as asked', () => {
    const o = object({ data: {} });
    const rowOf = (rowObject: (o: KubeObject) => unknown) =>
      tableFor({ group: '', kind: 'ConfigMap' }, [o], now, { rowObject }).rows[0]!;
    expect(rowOf(() => undefined)).not.toHaveProperty('object');
    expect(rowOf((whole) => whole).object).toBe(o);
  });

  it('of custom resources has the columns of the definition', () => {
    const customColumns = [
      { name: 'Size', type: 'integer', jsonPath: '.spec.size' },
      { name: 'Ready', type: 'string', jsonPath: '.status.conditions[?(@.type=="Ready")].status', priority: 1 },
      { name: 'When', type: 'date', jsonPath: '.metadata.creationTimestamp' },
      { name: 'Wrong', type: 'integer', jsonPath: '.spec.text' },
      { name: 'List', type: 'string', jsonPath: '.spec.list' },
    ];
    const o = object({
      spec: { size: 3, text: 'x', list: [1] },
      status: { conditions: [{ type: 'Ready', status: 'True' }] },
    });
    expect(row('X.x.dev', o, { customColumns })).toEqual({
      Name: 'x',
      Size: 3,
      Ready: 'True',
      When: '5m',
      Wrong: null,
      List: '[1]',
    });
    expect(row('X.x.dev', o, { customColumns: [] })).toEqual({ Name: 'x', Age: '5m' });
  });
});

describe('JSONPath', () => {
  const o = {
    a: {
      'b.c': 1,
      'd': [
        { n: 'x', v: 1 },
        { n: 'y', v: 2 },
        { n: 'z', v: 3 },
      ],
    },
    e: null,
  };
  it.each<[string, unknown[]]>([
    ['.a.b\\.c', [1]],
    ["{.a['b.c']}", [1]],
    ['.a.d[1].n', ['y']],
    ['.a.d[-1].n', ['z']],
    ['.a.d[0:2].n', ['x', 'y']],
    ['.a.d[*].v', [1, 2, 3]],
    ['.a.d[0,2].v', [1, 3]],
    ['.a.d[?(@.n=="y")].v', [2]],
    ['$.a.d[?(@.v>=2)].n', ['y', 'z']],
    ['..n', ['x', 'y', 'z']],
    ['.x.y', []],
    ['.a.d[9]', []],
  ])('%s', (path, expected) => expect(compileJsonPath(path)(o)).toEqual(expected));

  it.each(['.a[', '.a[?(]', '.a[x]'])('refuses %s', (path) =>
    expect(() => compileJsonPath(path)).toThrow(JsonPathError),
  );
});
