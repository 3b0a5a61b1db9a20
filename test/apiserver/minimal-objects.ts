/** The least that each stored kind takes, by `resource.group`; apiVersion, kind and metadata are added. */
const template = { metadata: { labels: { app: 'x' } }, spec: { containers: [{ name: 'c', image: 'busybox' }] } };
const once = { ...template, spec: { ...template.spec, restartPolicy: 'Never' } };
const selector = { matchLabels: { app: 'x' } };
const labels = selector.matchLabels;
const webhook = {
  name: 'a.example.com', sideEffects: 'None', admissionReviewVersions: ['v1'], clientConfig: { url: 'https://example.com' }, failurePolicy: 'Ignore',
  rules: [{ apiGroups: ['none.example.com'], apiVersions: ['v1'], operations: ['CREATE'], resources: ['nothings'] }],
};
const matchConstraints = { resourceRules: webhook.rules };
const exact = (name: string) => ({ exactly: { deviceClassName: name } });
/** A request for jane of dev, signed with a P-256 key. */
const requestBody = [
  'MIHXMH8CAQAwHTENMAsGA1UEAwwEamFuZTEMMAoGA1UECgwDZGV2MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEIRPpi8it',
  'U1tQFOXynqkHrSozpFDFrmz/Kkf8XPdkQR7xNKLdhQoPNEi9y5vpzDXUB0ewkgo2Lq/bLNUOlxkqtaAAMAoGCCqGSM49BAMC',
  'A0gAMEUCIQD18BqeQzWsNxiEoiaXhCh04zmBQgyF9NVyy2zyXm5wAAIgANMhXjW+UoRSA0i5NA6dXWmz3Iov2/AhUwSDBkMA',
  'lOE=',
].join('');
export const certificateRequest = Buffer.from(
  `-----BEGIN CERTIFICATE REQUEST-----\n${requestBody}\n-----END CERTIFICATE REQUEST-----\n`,
).toString('base64');
const claim = { devices: { requests: [{ name: 'r', ...exact('a.example.com') }] } };
const roleRef = { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'x' };

export const minimalObjects: Readonly<Record<string, object>> = {
  configmaps: { data: { a: 'b' } },
  endpoints: { subsets: [{ addresses: [{ ip: '10.0.0.1' }], ports: [{ port: 80 }] }] },
  events: { involvedObject: { namespace: 'NAMESPACE', name: 'x', kind: 'Pod' }, reason: 'Testing', message: 'm', type: 'Normal' },
  limitranges: { spec: { limits: [{ type: 'Container', max: { cpu: '1' } }] } },
  namespaces: {},
  nodes: {},
  persistentvolumeclaims: { spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } } },
  persistentvolumes: { spec: { accessModes: ['ReadWriteOnce'], capacity: { storage: '1Gi' }, hostPath: { path: '/tmp/x' } } },
  pods: { spec: template.spec },
  podtemplates: { template },
  replicationcontrollers: { spec: { replicas: 0, selector: labels, template } },
  resourcequotas: { spec: { hard: { pods: '1000' } } },
  secrets: { data: { a: 'Yg==' } },
  serviceaccounts: {},
  services: { spec: { ports: [{ port: 80 }] } },
  'mutatingadmissionpolicies.admissionregistration.k8s.io': {
    spec: {
      matchConstraints, reinvocationPolicy: 'Never', failurePolicy: 'Ignore',
      mutations: [{ patchType: 'JSONPatch', jsonPatch: { expression: '[JSONPatch{op: "add", path: "/a", value: "b"}]' } }],
    },
  },
  'mutatingadmissionpolicybindings.admissionregistration.k8s.io': { spec: { policyName: 'x' } },
  'mutatingwebhookconfigurations.admissionregistration.k8s.io': { webhooks: [webhook] },
  'validatingadmissionpolicies.admissionregistration.k8s.io': { spec: { matchConstraints, validations: [{ expression: 'true' }] } },
  'validatingadmissionpolicybindings.admissionregistration.k8s.io': { spec: { policyName: 'x', validationActions: ['Deny'] } },
  'validatingwebhookconfigurations.admissionregistration.k8s.io': { webhooks: [webhook] },
  'customresourcedefinitions.apiextensions.k8s.io': {
    spec: {
      group: 'NAME.example.com', scope: 'Namespaced', names: { plural: 'things', kind: 'Thing' },
      versions: [{ name: 'v1', served: true, storage: true, schema: { openAPIV3Schema: { type: 'object' } } }],
    },
  },
  'apiservices.apiregistration.k8s.io': {
    spec: { group: 'NAME.example.com', version: 'v1', groupPriorityMinimum: 100, versionPriority: 100, insecureSkipTLSVerify: true, service: { name: 'x', namespace: 'default' } },
  },
  'controllerrevisions.apps': { revision: 1, data: { a: 'b' } },
  'daemonsets.apps': { spec: { selector, template } },
  'deployments.apps': { spec: { replicas: 0, selector, template } },
  'replicasets.apps': { spec: { replicas: 0, selector, template } },
  'statefulsets.apps': { spec: { replicas: 0, serviceName: 'x', selector, template } },
  'horizontalpodautoscalers.autoscaling': { spec: { maxReplicas: 3, scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'x' } } },
  'cronjobs.batch': { spec: { schedule: '* * * * *', suspend: true, jobTemplate: { spec: { template: once } } } },
  'jobs.batch': { spec: { suspend: true, template: once } },
  'certificatesigningrequests.certificates.k8s.io': {
    spec: { request: certificateRequest, signerName: 'example.com/x', usages: ['client auth'] },
  },
  'leases.coordination.k8s.io': { spec: { holderIdentity: 'x' } },
  'endpointslices.discovery.k8s.io': { addressType: 'IPv4', endpoints: [{ addresses: ['10.0.0.1'] }] },
  'events.events.k8s.io': {
    eventTime: '2024-01-01T00:00:00.000000Z', regarding: { namespace: 'NAMESPACE', name: 'x', kind: 'Pod' }, reason: 'Testing', action: 'Test', note: 'n',
    reportingController: 'example.com/x', reportingInstance: 'x', type: 'Normal',
  },
  'flowschemas.flowcontrol.apiserver.k8s.io': { spec: { priorityLevelConfiguration: { name: 'exempt' }, matchingPrecedence: 9000 } },
  'prioritylevelconfigurations.flowcontrol.apiserver.k8s.io': { spec: { type: 'Limited', limited: { nominalConcurrencyShares: 1, limitResponse: { type: 'Reject' } } } },
  'ingressclasses.networking.k8s.io': { spec: { controller: 'example.com/x' } },
  'ingresses.networking.k8s.io': { spec: { defaultBackend: { service: { name: 'x', port: { number: 80 } } } } },
  'ipaddresses.networking.k8s.io': { spec: { parentRef: { resource: 'services', namespace: 'default', name: 'x' } } },
  'networkpolicies.networking.k8s.io': { spec: { podSelector: {} } },
  'servicecidrs.networking.k8s.io': { spec: { cidrs: ['10.200.0.0/24'] } },
  'runtimeclasses.node.k8s.io': { handler: 'x' },
  'poddisruptionbudgets.policy': { spec: { minAvailable: 1, selector } },
  'clusterrolebindings.rbac.authorization.k8s.io': { roleRef, subjects: [{ kind: 'User', apiGroup: 'rbac.authorization.k8s.io', name: 'x' }] },
  'clusterroles.rbac.authorization.k8s.io': { rules: [{ apiGroups: [''], resources: ['pods'], verbs: ['get'] }] },
  'rolebindings.rbac.authorization.k8s.io': { roleRef, subjects: [{ kind: 'ServiceAccount', name: 'x', namespace: 'default' }] },
  'roles.rbac.authorization.k8s.io': { rules: [{ apiGroups: [''], resources: ['pods'], verbs: ['get'] }] },
  'deviceclasses.resource.k8s.io': { spec: {} },
  'resourceclaims.resource.k8s.io': { spec: claim },
  'resourceclaimtemplates.resource.k8s.io': { spec: { spec: claim } },
  'resourceslices.resource.k8s.io': { spec: { driver: 'a.example.com', nodeName: 'x', pool: { name: 'p', generation: 1, resourceSliceCount: 1 }, devices: [{ name: 'd' }] } },
  'priorityclasses.scheduling.k8s.io': { value: 10 },
  'csidrivers.storage.k8s.io': { spec: {} },
  'csinodes.storage.k8s.io': { spec: { drivers: [] } },
  'csistoragecapacities.storage.k8s.io': { storageClassName: 'x' },
  'storageclasses.storage.k8s.io': { provisioner: 'example.com/x' },
  'volumeattachments.storage.k8s.io': { spec: { attacher: 'example.com', nodeName: 'x', source: { persistentVolumeName: 'x' } } },
  'volumeattributesclasses.storage.k8s.io': { driverName: 'example.com', parameters: { a: 'b' } },
};

/** Names that kinds prescribe; NAME is the name that the others have. */
export const prescribedNames: Readonly<Record<string, string>> = {
  'customresourcedefinitions.apiextensions.k8s.io': 'things.NAME.example.com',
  'apiservices.apiregistration.k8s.io': 'v1.NAME.example.com',
  'ipaddresses.networking.k8s.io': '10.1.2.3',
};
