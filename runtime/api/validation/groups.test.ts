import { describe, expect, it } from 'vitest';
import type { Tree } from './test-objects';
import { createLines, statusLines, updateLines } from './test-objects';

const object = (apiVersion: string, kind: string) => (rest: Tree): Tree => ({ apiVersion, kind, ...rest });
const cases = (list: [string, Tree, string[]][]) =>
  it.each(list)('%s', (_name, tree, expected) => expect(createLines(tree)).toEqual(expected));

describe('autoscalers', () => {
  const scaleTargetRef = { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web' };
  const v2 = (spec: Tree) => object('autoscaling/v2', 'HorizontalPodAutoscaler')({ spec: { scaleTargetRef, maxReplicas: 3, ...spec } });
  cases([
    ['are accepted when in order', v2({ minReplicas: 1, metrics: [{ type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 80 } } }] }), []],
    ['have bounds in order', v2({ minReplicas: 4 }), ['spec.maxReplicas: Invalid value: 3: must be greater than or equal to `minReplicas`']],
    ['have a target', v2({ scaleTargetRef: { kind: '', name: 'a/b' } }), [
      'spec.scaleTargetRef.kind: Required value', `spec.scaleTargetRef.name: Invalid value: "a/b": may not contain '/'`,
    ]],
    ['have metrics of the kind they say', v2({ metrics: [{ type: 'Pods', resource: { name: 'cpu', target: { type: 'Utilization' } } }] }), [
      'spec.metrics[0].resource.target.averageUtilization: Required value: must set either a target raw value or a target utilization',
      'spec.metrics[0].pods: Required value: must populate information for the given metric source',
    ]],
  ]);
});

describe('ingresses', () => {
  const ingress = (spec: Tree) => object('networking.k8s.io/v1', 'Ingress')({ spec });
  const service = { name: 'web', port: { number: 80 } };
  const path = (rest: Tree) => ingress({ rules: [{ http: { paths: [{ path: '/', pathType: 'Prefix', backend: { service }, ...rest }] } }] });
  const at = 'spec.rules[0].http.paths[0]';
  cases([
    ['are accepted when in order', path({}), []],
    ['lead somewhere', ingress({}), ['spec: Invalid value: []: either `defaultBackend` or `rules` must be specified']],
    ['have clean absolute paths', path({ path: 'a//b' }), [
      `${at}.path: Invalid value: "a//b": must be an absolute path`, `${at}.path: Invalid value: "a//b": must not contain '//'`,
    ]],
    ['have a path type', path({ pathType: undefined }), [`${at}.pathType: Required value: pathType must be specified`]],
    ['have a backend with a port', path({ backend: { service: { name: 'web' } } }), [`${at}.backend: Required value: port name or number is required`]],
    ['have host names', ingress({ rules: [{ host: '1.2.3.4' }] }), ['spec.rules[0].host: Invalid value: "1.2.3.4": must be a DNS name, not an IP address']],
  ]);
});

describe('network policies', () => {
  const policy = (spec: Tree) => object('networking.k8s.io/v1', 'NetworkPolicy')({ spec: { podSelector: {}, ...spec } });
  cases([
    ['are accepted when in order', policy({ policyTypes: ['Ingress'], ingress: [{ from: [{ podSelector: {} }], ports: [{ port: 80 }] }] }), []],
    ['have peers of one kind', policy({ ingress: [{ from: [{}, { ipBlock: { cidr: '10.0.0.0/8', except: ['10.0.0.0/8'] }, podSelector: {} }] }] }), [
      'spec.ingress[0].from[0]: Required value: must specify a peer',
      'spec.ingress[0].from[1].ipBlock.except[0]: Invalid value: "10.0.0.0/8": must be a strict subset of `cidr`',
      'spec.ingress[0].from[1]: Forbidden: may not specify both ipBlock and another peer',
    ]],
    ['have port ranges in order', policy({ egress: [{ ports: [{ port: 80, endPort: 70 }] }] }), [
      'spec.egress[0].ports[0].endPort: Invalid value: 80: must be greater than or equal to `port`',
    ]],
  ]);
});

describe('roles and bindings', () => {
  const GROUP = 'rbac.authorization.k8s.io';
  const rbac = (kind: string) => object(`${GROUP}/v1`, kind);
  const roleRef = { apiGroup: GROUP, kind: 'Role', name: 'r' };
  cases([
    ['roles have complete rules', rbac('Role')({ rules: [{}, { verbs: ['get'], nonResourceURLs: ['/x'] }] }), [
      'rules[0].verbs: Required value: verbs must contain at least one value',
      'rules[0].apiGroups: Required value: resource rules must supply at least one api group',
      'rules[0].resources: Required value: resource rules must supply at least one resource',
      'rules[1].nonResourceURLs: Invalid value: ["/x"]: namespaced rules cannot apply to non-resource URLs',
    ]],
    ['names may hold colons', rbac('ClusterRole')({ metadata: { name: 'system:x' }, rules: [] }), []],
    ['bindings have a role and subjects', rbac('ClusterRoleBinding')({ roleRef, subjects: [{ kind: 'ServiceAccount', name: 'a' }, { kind: 'User', name: 'u' }] }), [
      'roleRef.kind: Unsupported value: "Role": supported values: "ClusterRole"',
      'subjects[0].namespace: Required value',
      `subjects[1].apiGroup: Unsupported value: "": supported values: "${GROUP}"`,
    ]],
  ]);

  it('a binding keeps its role', () => {
    const binding = (name: string) => rbac('RoleBinding')({ roleRef: { ...roleRef, name } });
    expect(updateLines(binding('b'), binding('a'))).toEqual([
      `roleRef: Invalid value: {"APIGroup":"${GROUP}","Kind":"Role","Name":"b"}: cannot change roleRef`,
    ]);
  });
});

describe('classes, budgets and leases', () => {
  const priority = (rest: Tree) => object('scheduling.k8s.io/v1', 'PriorityClass')(rest);
  const storage = (rest: Tree) => object('storage.k8s.io/v1', 'StorageClass')({ provisioner: 'a/b', volumeBindingMode: 'Immediate', ...rest });
  cases([
    ['user priorities have an end', priority({ value: 1000000001 }), ['value: Forbidden: maximum allowed value of a user defined priority is 1000000000']],
    ['system priorities are reserved', priority({ metadata: { name: 'system-x' }, value: 1 }), [
      "metadata.name: Forbidden: priority class names with 'system-' prefix are reserved for system use only. error: system-x is not a known system priority class",
    ]],
    ['storage classes say who provisions and when', storage({ provisioner: '', volumeBindingMode: 'Later' }), [
      'provisioner: Required value', 'volumeBindingMode: Unsupported value: "Later": supported values: "Immediate", "WaitForFirstConsumer"',
    ]],
    ['budgets have one bound', object('policy/v1', 'PodDisruptionBudget')({ spec: { minAvailable: 1, maxUnavailable: '101%' } }), [
      'spec: Invalid value: {"MinAvailable":1,"Selector":null,"MaxUnavailable":"101%","UnhealthyPodEvictionPolicy":null}: minAvailable and maxUnavailable cannot be both set',
      'spec.maxUnavailable: Invalid value: "101%": must not be greater than 100%',
    ]],
    ['leases last', object('coordination.k8s.io/v1', 'Lease')({ spec: { leaseDurationSeconds: 0 } }), [
      'spec.leaseDurationSeconds: Invalid value: 0: must be greater than 0',
    ]],
  ]);

  it('a storage class keeps its parameters, a priority its value', () => {
    expect(updateLines(storage({ parameters: { a: 'b' } }), storage({}))).toEqual(['parameters: Forbidden: updates to parameters are forbidden.']);
    expect(updateLines(priority({ value: 2 }), priority({ value: 1 }))).toEqual(['value: Forbidden: may not be changed in an update.']);
  });
});

describe('extensions', () => {
  const names = { plural: 'widgets', singular: 'widget', kind: 'Widget', listKind: 'WidgetList' };
  const schema = { openAPIV3Schema: { type: 'object', properties: { spec: { type: 'object' } } } };
  const crd = (spec: Tree, name = 'widgets.example.com') =>
    object('apiextensions.k8s.io/v1', 'CustomResourceDefinition')({
      metadata: { name },
      spec: { group: 'example.com', scope: 'Namespaced', names, versions: [{ name: 'v1', served: true, storage: true, schema }], ...spec },
    });
  cases([
    ['definitions are accepted when in order', crd({}), []],
    ['definitions are named after what they define', crd({}, 'widgets'), ['metadata.name: Invalid value: "widgets": must be spec.names.plural+"."+spec.group']],
    ['definitions have typed schemas', crd({ versions: [{ name: 'v1', served: true, storage: true, schema: { openAPIV3Schema: { properties: { a: {} } } } }] }), [
      'spec.validation.openAPIV3Schema.properties[a].type: Required value: must not be empty for specified object fields',
      'spec.validation.openAPIV3Schema.type: Required value: must not be empty at the root',
    ]],
    ['definitions store one version', crd({ versions: [{ name: 'v1', served: true, storage: false, schema }] }), [
      'spec.versions: Invalid value: [{"Name":"v1","Served":true,"Storage":false,"Deprecated":false,"DeprecationWarning":null,"Schema":null,"Subresources":null,"AdditionalPrinterColumns":null,"SelectableFields":null}]: must have exactly one version marked as storage version',
    ]],
    ['webhooks are complete', object('admissionregistration.k8s.io/v1', 'ValidatingWebhookConfiguration')({ webhooks: [{ name: 'a.b', clientConfig: {}, admissionReviewVersions: ['v2'], timeoutSeconds: 31 }] }), [
      'webhooks[0].name: Invalid value: "a.b": should be a domain with at least three segments separated by dots',
      'webhooks[0].sideEffects: Required value: must specify one of None, NoneOnDryRun',
      'webhooks[0].timeoutSeconds: Invalid value: 31: the timeout value must be between 1 and 30 seconds',
      'webhooks[0].clientConfig: Required value: exactly one of url or service is required',
      'webhooks[0].admissionReviewVersions: Invalid value: ["v2"]: must include at least one of v1, v1beta1',
    ]],
    ['signing requests say what for', object('certificates.k8s.io/v1', 'CertificateSigningRequest')({ spec: { request: '', signerName: 'kubernetes.io/kube-apiserver-client', usages: [] } }), [
      'spec.request: Invalid value: "": PEM block type must be CERTIFICATE REQUEST',
      'spec.usages: Required value: usages must be provided',
    ]],
    ['webhook URLs are read as Go reads them', object('admissionregistration.k8s.io/v1', 'ValidatingWebhookConfiguration')({
      webhooks: ['https:///path', '', 'a#b', 'https://u@h', 'https://h:x'].map((url, i) => ({
        name: `a${i}.b.c`, clientConfig: { url }, sideEffects: 'None', admissionReviewVersions: ['v1'], timeoutSeconds: 5,
        failurePolicy: 'Fail', matchPolicy: 'Exact',
      })),
    }), [
      'webhooks[0].clientConfig.url: Invalid value: "": host must be specified; desired format: https://host[/path]',
      `webhooks[1].clientConfig.url: Invalid value: "": 'https' is the only allowed URL scheme; desired format: https://host[/path]`,
      'webhooks[1].clientConfig.url: Invalid value: "": host must be specified; desired format: https://host[/path]',
      `webhooks[2].clientConfig.url: Invalid value: "": 'https' is the only allowed URL scheme; desired format: https://host[/path]`,
      'webhooks[2].clientConfig.url: Invalid value: "": host must be specified; desired format: https://host[/path]',
      'webhooks[2].clientConfig.url: Invalid value: "b": fragments are not permitted in the URL',
      'webhooks[3].clientConfig.url: Invalid value: "u": user information is not permitted in the URL',
      'webhooks[4].clientConfig.url: Required value: url must be a valid URL: parse "https://h:x": invalid port ":x" after ' +
        'host; desired format: https://host[/path]',
    ]],
  ]);

  const request = (status: Tree) =>
    object('certificates.k8s.io/v1', 'CertificateSigningRequest')({ spec: { request: '', signerName: 'a.b/c' }, status });
  const pem = (text: string) => Buffer.from(text).toString('base64');

  it('decisions about signing requests stay, and a certificate is one and stays', () => {
    const approved = { conditions: [{ type: 'Approved', status: 'True' }] };
    expect(statusLines(request({}), request(approved))).toEqual([
      'status.conditions: Forbidden: updates may not remove a condition of type "Approved"',
    ]);
    expect(statusLines(request({ certificate: pem('none') }), request({}))).toEqual([
      'status.certificate: Invalid value: "<certificate data>": must contain at least one CERTIFICATE PEM block',
    ]);
    const other = '-----BEGIN KEY-----\nAAAA\n-----END KEY-----\n';
    expect(statusLines(request({ certificate: pem(other) }), request({ certificate: pem('none') }))).toEqual([
      'status.certificate: Invalid value: "<certificate data>": only CERTIFICATE PEM blocks are allowed, found "KEY"',
      'status.certificate: Forbidden: updates may not modify existing certificate content',
    ]);
  });

  it('what a stored ingress has wrong may stay', () => {
    const ingress = (secretName: string, path: string) => object('networking.k8s.io/v1', 'Ingress')({
      spec: {
        rules: [{ host: '*.a.b', http: { paths: [{ pathType: 'Exact', path, backend: { resource: { kind: 'A', name: 'a' } } }] } }],
        tls: [{ secretName }],
      },
    });
    expect(updateLines(ingress('a b', 'x'), ingress('c d', 'y'))).toEqual([]);
    expect(updateLines(ingress('a b', 'x'), ingress('c', '/y')).length).toBe(2);
  });

  it('the mandatory levels and schemas of flow control stay as they are', () => {
    const api = 'flowcontrol.apiserver.k8s.io/v1';
    const level = (exempt: Tree) =>
      object(api, 'PriorityLevelConfiguration')({ metadata: { name: 'exempt' }, spec: { type: 'Exempt', exempt } });
    expect(createLines(level({ nominalConcurrencyShares: 5, lendablePercent: 50 }))).toEqual([]);
    const schema = { priorityLevelConfiguration: { name: 'exempt' }, matchingPrecedence: 1, rules: [] };
    expect(createLines(object(api, 'FlowSchema')({ metadata: { name: 'exempt' }, spec: schema }))[0]).toMatch(
      /^spec: Invalid value: .*: spec of 'exempt' must equal the fixed value$/,
    );
  });
});
