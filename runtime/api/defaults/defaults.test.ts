import { describe, expect, it } from 'vitest';
import { catalogue } from '../catalogue';
import type { UntypedObject } from '../object';
import { decodeObject } from '../structure';
import { applyDefaults, applySchemaDefaults, imageTag } from '.';

/** Decodes and defaults an object, as the API server does with what it is sent. */
function complete(group: string, version: string, kind: string, fields: object): UntypedObject {
  const info = catalogue.byKind({ group, version, kind });
  if (!info) throw new Error(`no kind ${kind}`);
  const { object, errors, unknown } = decodeObject({ metadata: { name: 'x' }, ...fields }, info.schema, catalogue);
  expect([errors, unknown]).toEqual([[], []]);
  applyDefaults(object, info);
  return object;
}
const pod = (spec: object) => complete('', 'v1', 'Pod', { spec })['spec'];
const template = (spec: object = {}) => ({
  metadata: { labels: { app: 'x' } },
  spec: { containers: [{ name: 'a', image: 'a:1' }], ...spec },
});

describe('defaults of pods', () => {
  it('completes the smallest pod as upstream does', () => {
    expect(pod({ containers: [{ name: 'a', image: 'nginx' }] })).toEqual({
      containers: [
        {
          name: 'a',
          image: 'nginx',
          imagePullPolicy: 'Always',
          resources: {},
          terminationMessagePath: '/dev/termination-log',
          terminationMessagePolicy: 'File',
        },
      ],
      dnsPolicy: 'ClusterFirst',
      enableServiceLinks: true,
      restartPolicy: 'Always',
      schedulerName: 'default-scheduler',
      securityContext: {},
      terminationGracePeriodSeconds: 30,
    });
  });

  it('completes probes, ports and environment', () => {
    const probe = { httpGet: { port: 80 } };
    const spec = pod({
      hostNetwork: true,
      containers: [
        {
          name: 'a',
          image: 'a:1',
          ports: [{ containerPort: 80 }],
          livenessProbe: probe,
          startupProbe: { grpc: { port: 1 } },
          lifecycle: { preStop: { httpGet: { port: 'web', path: '/bye' } } },
          env: [
            { name: 'A', valueFrom: { fieldRef: { fieldPath: 'spec.nodeName' } } },
            { name: 'B', valueFrom: { resourceFieldRef: { resource: 'limits.cpu' } } },
          ],
        },
      ],
    });
    expect(spec).toMatchObject({
      containers: [
        {
          ports: [{ containerPort: 80, hostPort: 80, protocol: 'TCP' }],
          livenessProbe: {
            httpGet: { path: '/', port: 80, scheme: 'HTTP' },
            timeoutSeconds: 1,
            periodSeconds: 10,
            successThreshold: 1,
            failureThreshold: 3,
          },
          startupProbe: { grpc: { port: 1, service: '' } },
          lifecycle: { preStop: { httpGet: { path: '/bye', port: 'web', scheme: 'HTTP' } } },
          env: [
            { valueFrom: { fieldRef: { apiVersion: 'v1' } } },
            { valueFrom: { resourceFieldRef: { divisor: '0' } } },
          ],
        },
      ],
    });
  });

  it('completes volumes', () => {
    const volumes = [
      { name: 'none' },
      { name: 's', secret: { secretName: 'a' } },
      { name: 'h', hostPath: { path: '/a' } },
      {
        name: 'p',
        projected: {
          sources: [
            { serviceAccountToken: { path: 't' } },
            { downwardAPI: { items: [{ path: 'l', fieldRef: { fieldPath: 'metadata.labels' } }] } },
          ],
        },
      },
      { name: 'e', ephemeral: { volumeClaimTemplate: { spec: { resources: { requests: { storage: '1Gi' } } } } } },
    ];
    expect(pod({ containers: [{ name: 'a', image: 'a' }], volumes })).toMatchObject({
      volumes: [
        { name: 'none', emptyDir: {} },
        { secret: { defaultMode: 420 } },
        { hostPath: { path: '/a', type: '' } },
        {
          projected: {
            defaultMode: 420,
            sources: [
              { serviceAccountToken: { expirationSeconds: 3600 } },
              { downwardAPI: { items: [{ fieldRef: { apiVersion: 'v1' } }] } },
            ],
          },
        },
        { ephemeral: { volumeClaimTemplate: { spec: { volumeMode: 'Filesystem' } } } },
      ],
    });
  });

  it('takes requests from limits in a pod, and not in a template', () => {
    const resources = { limits: { cpu: '1', memory: '1Gi' }, requests: { cpu: '500m' } };
    const containers = [{ name: 'a', image: 'a', resources }];
    expect(pod({ containers })).toMatchObject({
      containers: [{ resources: { requests: { cpu: '500m', memory: '1Gi' } } }],
    });
    const deployment = complete('apps', 'v1', 'Deployment', {
      spec: { selector: {}, template: template({ containers }) },
    });
    expect(deployment).toMatchObject({ spec: { template: { spec: { containers: [{ resources }] } } } });
  });

  it('takes pod-level requests from the containers, then from the limits', () => {
    const containers = ['100m', '200m'].map((cpu, i) => ({
      name: `c${i}`,
      image: 'a',
      resources: { requests: { cpu } },
    }));
    const initContainers = [{ name: 'i', image: 'a', resources: { requests: { cpu: '250m' } } }];
    expect(pod({ containers, initContainers, resources: { limits: { cpu: '1', memory: '1Gi' } } })).toMatchObject({
      resources: { requests: { cpu: '300m', memory: '1Gi' } },
    });
  });

  it('rounds what is finer than a thousandth up', () => {
    const containers = [{ name: 'a', image: 'a', resources: { requests: { cpu: '100500u' } } }];
    expect(pod({ containers })).toMatchObject({ containers: [{ resources: { requests: { cpu: '101m' } } }] });
  });

  it.each([
    ['nginx', 'latest'],
    ['nginx:1.25', '1.25'],
    ['localhost:5000/a', 'latest'],
    ['localhost:5000/a/b:v1', 'v1'],
    ['NGINX', undefined],
    [`a@sha256:${'0'.repeat(64)}`, ''],
    [`a:latest@sha256:${'0'.repeat(64)}`, 'latest'],
    ['', undefined],
    ['a b', undefined],
  ])('reads the tag of %s', (image, tag) => {
    expect(imageTag(image)).toBe(tag);
  });
});

describe('defaults of other kinds', () => {
  const ports = [{ port: 80 }];
  it.each([
    [
      'Service',
      '',
      'v1',
      { spec: { ports } },
      {
        spec: {
          ports: [{ port: 80, protocol: 'TCP', targetPort: 80 }],
          sessionAffinity: 'None',
          type: 'ClusterIP',
          internalTrafficPolicy: 'Cluster',
        },
        status: { loadBalancer: {} },
      },
    ],
    [
      'Service',
      '',
      'v1',
      { spec: { type: 'LoadBalancer', sessionAffinity: 'ClientIP' } },
      {
        spec: {
          type: 'LoadBalancer',
          sessionAffinity: 'ClientIP',
          sessionAffinityConfig: { clientIP: { timeoutSeconds: 10800 } },
          externalTrafficPolicy: 'Cluster',
          internalTrafficPolicy: 'Cluster',
          allocateLoadBalancerNodePorts: true,
        },
        status: { loadBalancer: {} },
      },
    ],
    [
      'Service',
      '',
      'v1',
      { spec: { type: 'ExternalName', externalName: 'a.b' } },
      {
        spec: { type: 'ExternalName', externalName: 'a.b', sessionAffinity: 'None' },
        status: { loadBalancer: {} },
      },
    ],
    [
      'Namespace',
      '',
      'v1',
      {},
      {
        metadata: { name: 'x', labels: { 'kubernetes.io/metadata.name': 'x' } },
        spec: {},
        status: { phase: 'Active' },
      },
    ],
    ['Secret', '', 'v1', {}, { type: 'Opaque' }],
    [
      'Secret',
      '',
      'v1',
      { data: { a: 'eA==', b: 'eQ==' }, stringData: { a: 'hello' } },
      { type: 'Opaque', data: { a: 'aGVsbG8=', b: 'eQ==' } },
    ],
    [
      'LimitRange',
      '',
      'v1',
      { spec: { limits: [{ type: 'Container', max: { cpu: '1' }, min: { memory: '1Mi' } }] } },
      {
        spec: {
          limits: [
            {
              type: 'Container',
              max: { cpu: '1' },
              min: { memory: '1Mi' },
              default: { cpu: '1' },
              defaultRequest: { cpu: '1', memory: '1Mi' },
            },
          ],
        },
      },
    ],
    [
      'RoleBinding',
      'rbac.authorization.k8s.io',
      'v1',
      {
        roleRef: { kind: 'Role', name: 'r' },
        subjects: [
          { kind: 'User', name: 'u' },
          { kind: 'ServiceAccount', name: 's' },
        ],
      },
      {
        roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: 'r' },
        subjects: [
          { apiGroup: 'rbac.authorization.k8s.io', kind: 'User', name: 'u' },
          { kind: 'ServiceAccount', name: 's' },
        ],
      },
    ],
    [
      'NetworkPolicy',
      'networking.k8s.io',
      'v1',
      { spec: { podSelector: {}, egress: [{ ports: [{ port: 53 }] }] } },
      {
        spec: {
          podSelector: {},
          egress: [{ ports: [{ port: 53, protocol: 'TCP' }] }],
          policyTypes: ['Ingress', 'Egress'],
        },
      },
    ],
    [
      'StorageClass',
      'storage.k8s.io',
      'v1',
      { provisioner: 'p' },
      { provisioner: 'p', reclaimPolicy: 'Delete', volumeBindingMode: 'Immediate' },
    ],
  ])('completes a %s of %s/%s: %#', (kind, group, version, given, expected) => {
    expect(complete(group, version, kind, given)).toEqual({ metadata: { name: 'x' }, ...expected });
  });

  it.each([
    [
      'Deployment',
      'apps',
      {
        replicas: 1,
        strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: '25%', maxUnavailable: '25%' } },
        revisionHistoryLimit: 10,
        progressDeadlineSeconds: 600,
      },
    ],
    [
      'DaemonSet',
      'apps',
      {
        updateStrategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: 0, maxUnavailable: 1 } },
        revisionHistoryLimit: 10,
      },
    ],
    [
      'StatefulSet',
      'apps',
      {
        replicas: 1,
        podManagementPolicy: 'OrderedReady',
        revisionHistoryLimit: 10,
        serviceName: '',
        updateStrategy: { type: 'RollingUpdate', rollingUpdate: { partition: 0, maxUnavailable: 1 } },
        persistentVolumeClaimRetentionPolicy: { whenDeleted: 'Retain', whenScaled: 'Retain' },
      },
    ],
    [
      'Job',
      'batch',
      {
        completions: 1,
        parallelism: 1,
        backoffLimit: 6,
        completionMode: 'NonIndexed',
        suspend: false,
        podReplacementPolicy: 'TerminatingOrFailed',
      },
    ],
    ['ReplicaSet', 'apps', { replicas: 1 }],
  ])('completes a %s of %s and its template', (kind, group, expected) => {
    const object = complete(group, 'v1', kind, { spec: { template: template() } });
    expect(object['spec']).toMatchObject(expected);
    expect(object).toMatchObject({
      spec: { template: { spec: { restartPolicy: 'Always', containers: [{ imagePullPolicy: 'IfNotPresent' }] } } },
    });
    expect(JSON.stringify(object)).not.toContain('enableServiceLinks');
  });

  it('gives a replication controller the labels of its template', () => {
    expect(complete('', 'v1', 'ReplicationController', { spec: { template: template() } })).toMatchObject({
      metadata: { labels: { app: 'x' } },
      spec: { replicas: 1, selector: { app: 'x' } },
    });
  });

  it('leaves nothing to do the second time', () => {
    for (const info of catalogue.resources()) {
      const once = complete(
        info.group,
        info.version,
        info.kind,
        info.schema.$ref?.endsWith('Pod') ? { spec: template().spec } : {},
      );
      const twice = structuredClone(once);
      applyDefaults(twice, info);
      expect(twice).toEqual(once);
    }
  });
});

describe('applySchemaDefaults', () => {
  it('fills nested defaults, in items and maps too, and keeps what is there', () => {
    const port = { type: 'object' as const, properties: { protocol: { type: 'string' as const, default: 'TCP' } } };
    const value = { spec: { a: null, ports: [{}, { protocol: 'UDP' }], byName: { x: {} } } };
    applySchemaDefaults(
      value,
      {
        properties: {
          spec: { properties: { a: { default: 1 }, ports: { items: port }, byName: { additionalProperties: port } } },
          status: { default: {}, properties: { phase: { default: 'New' } } },
        },
      },
      catalogue,
    );
    expect(value).toEqual({
      spec: { a: 1, ports: [{ protocol: 'TCP' }, { protocol: 'UDP' }], byName: { x: { protocol: 'TCP' } } },
      status: { phase: 'New' },
    });
  });
});
