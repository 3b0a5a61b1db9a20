import { describe, expect, it } from 'vitest';
import type { KubeObject } from '../../../api/kinds';
import { StatusError } from '../../../api/status';
import type { Authorizer } from '../../request';
import { admit, attributesFor, FakeLister, namespace, outcome, pod } from '../testing/admission';
import { validatingAdmissionPolicy } from './validating-admission-policy';

const rule = (resource: string, group = '', operations = ['CREATE', 'UPDATE']) => ({ apiGroups: [group], apiVersions: ['v1'], operations, resources: [resource] });
const policy = (validations: object[], spec: object = {}) => ({
  apiVersion: 'admissionregistration.k8s.io/v1', kind: 'ValidatingAdmissionPolicy', metadata: { name: 'rules' },
  spec: { failurePolicy: 'Fail', matchConstraints: { resourceRules: [rule('deployments', 'apps'), rule('pods')] }, validations, ...spec },
});
const binding = (spec: object = {}) => ({
  apiVersion: 'admissionregistration.k8s.io/v1', kind: 'ValidatingAdmissionPolicyBinding', metadata: { name: 'everywhere' },
  spec: { policyName: 'rules', validationActions: ['Deny'], ...spec },
});
const deployment = (replicas: number, metadata: object = {}) =>
  ({ apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'web', namespace: 'shop', ...metadata }, spec: { replicas, template: { spec: {} } } });
const denied = (message: string) => `ValidatingAdmissionPolicy 'rules' with binding 'everywhere' denied request: ${message}`;
const check = async (objects: object[], object: object = deployment(9), overrides: object = {}, authorizer?: Authorizer) => {
  const plugin = validatingAdmissionPolicy(new FakeLister(namespace('shop', 'Active', { env: 'prod' }), ...objects), authorizer);
  return (await outcome(plugin, attributesFor(object, overrides))).replace(/^.*? is forbidden: /, '');
};

describe('ValidatingAdmissionPolicy', () => {
  it.each([
    ['what holds', [{ expression: 'object.spec.replicas <= 10' }], 'admitted'],
    ['what doesn\'t', [{ expression: 'object.spec.replicas <= 5' }], denied('failed expression: object.spec.replicas <= 5')],
    ['a message', [{ expression: 'false', message: 'too many' }], denied('too many')],
    ['a message made of the object', [{ expression: 'false', message: 'x', messageExpression: "'%d of %s'.format([object.spec.replicas, object.metadata.name])" }], denied('9 of web')],
    ['a message that can\'t be made', [{ expression: 'false', message: 'plain', messageExpression: 'object.nothing' }], denied('plain')],
    ['a field that isn\'t there', [{ expression: 'object.spec.paused == true' }], denied("expression 'object.spec.paused == true' resulted in error: no such key: paused")],
    ['the namespace', [{ expression: "namespaceObject.metadata.labels['env'] != 'prod'" }], denied("failed expression: namespaceObject.metadata.labels['env'] != 'prod'")],
    ['the request', [{ expression: "request.operation == 'CREATE' && request.userInfo.username == 'jane' && request.resource.resource == 'deployments' && !request.dryRun" }], 'admitted'],
    ['no old object on a create', [{ expression: 'oldObject == null' }], 'admitted'],
    ['labels by any key', [{ expression: "'a.b/c' in object.metadata.?labels.orValue({})" }], denied("failed expression: 'a.b/c' in object.metadata.?labels.orValue({})")],
  ])('judges %s', async (_name, validations, expected) => {
    expect(await check([policy(validations), binding()])).toBe(expected);
  });

  it('answers with the reason that a validation gives', async () => {
    const plugin = (reason?: string) => validatingAdmissionPolicy(new FakeLister(policy([{ expression: 'false', ...(reason && { reason }) }]), binding()));
    const status = async (reason?: string) => {
      const error = await admit(plugin(reason), attributesFor(deployment(1))).catch((caught: unknown) => caught);
      return error instanceof StatusError ? [error.code, error.reason, error.status.details?.causes?.length] : error;
    };
    expect(await status()).toEqual([422, 'Invalid', 1]);
    expect(await status('Forbidden')).toEqual([403, 'Forbidden', 1]);
  });

  it.each([
    ['other resources', policy([{ expression: 'false' }], { matchConstraints: { resourceRules: [rule('pods')] } }), binding(), 'admitted'],
    ['other operations', policy([{ expression: 'false' }], { matchConstraints: { resourceRules: [rule('deployments', 'apps', ['DELETE'])] } }), binding(), 'admitted'],
    ['excluded resources', policy([{ expression: 'false' }], { matchConstraints: { resourceRules: [rule('*', '*')], excludeResourceRules: [rule('deployments', 'apps')] } }), binding(), 'admitted'],
    ['other namespaces', policy([{ expression: 'false' }]), binding({ matchResources: { namespaceSelector: { matchLabels: { env: 'test' } } } }), 'admitted'],
    ['its namespaces', policy([{ expression: 'false' }]), binding({ matchResources: { namespaceSelector: { matchLabels: { env: 'prod' } } } }), denied('failed expression: false')],
    ['other objects', policy([{ expression: 'false' }]), binding({ matchResources: { objectSelector: { matchLabels: { app: 'x' } } } }), 'admitted'],
    ['what no binding binds', policy([{ expression: 'false' }]), binding({ policyName: 'other' }), 'admitted'],
    ['what its conditions leave out', policy([{ expression: 'false' }], { matchConditions: [{ name: 'c', expression: "object.kind == 'Pod'" }] }), binding(), 'admitted'],
    ['conditions that fail', policy([{ expression: 'false' }], { matchConditions: [{ name: 'c', expression: 'object.nothing' }] }), binding(),
      denied("expression 'object.nothing' resulted in error: no such key: nothing")],
    ['failures that it ignores', policy([{ expression: 'object.nothing' }], { failurePolicy: 'Ignore' }), binding(), 'admitted'],
  ])('matches %s', async (_name, rules, bound, expected) => {
    expect(await check([rules, bound])).toBe(expected);
  });

  it('evaluates variables when they are needed, and once', async () => {
    const variables = [{ name: 'broken', expression: 'object.nothing' }, { name: 'count', expression: 'object.spec.replicas' }, { name: 'twice', expression: 'variables.count * 2' }];
    expect(await check([policy([{ expression: 'variables.twice == 18' }], { variables }), binding()])).toBe('admitted');
    expect(await check([policy([{ expression: 'variables.broken' }], { variables }), binding()])).toContain('resulted in error: no such key: nothing');
  });

  describe('with parameters', () => {
    const spec = { paramKind: { apiVersion: 'v1', kind: 'ConfigMap' } };
    const rules = policy([{ expression: 'object.spec.replicas <= int(params.data.max)', messageExpression: "'at most ' + params.data.max" }], spec);
    const limits = (name: string, max: string, ns = 'shop') => ({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, namespace: ns, labels: { limits: 'yes' } }, data: { max } });

    it.each([
      ['by name', { name: 'a' }, [limits('a', '5')], denied('at most 5')],
      ['by name, of another namespace', { name: 'a', namespace: 'ops' }, [limits('a', '50'), limits('a', '7', 'ops')], denied('at most 7')],
      ['by labels, each in turn', { selector: { matchLabels: { limits: 'yes' } } }, [limits('a', '50'), limits('b', '6')], denied('at most 6')],
      ['missing', { name: 'a', parameterNotFoundAction: 'Deny' }, [], denied('failed to configure binding: no params found for policy binding with `Deny` parameterNotFoundAction')],
      ['missing where that is fine', { name: 'a', parameterNotFoundAction: 'Allow' }, [], 'admitted'],
    ])('%s', async (_name, paramRef, objects, expected) => {
      expect(await check([rules, binding({ paramRef }), ...objects])).toBe(expected);
    });

    it('of a kind that nobody serves', async () => {
      const unknown = policy([{ expression: 'true' }], { paramKind: { apiVersion: 'example.com/v1', kind: 'Limit' } });
      expect(await check([unknown, binding({ paramRef: { name: 'a' } })])).toBe(
        denied("failed to configure policy: failed to find resource referenced by paramKind: 'example.com/v1, Kind=Limit'"));
    });
  });

  it('asks the authorizer', async () => {
    const authorizer: Authorizer = { authorize: (user, { verb, resource, namespace: ns, name }) => ({ allowed: `${user.name} ${verb} ${resource} ${ns}/${name}` === 'jane deploy deployments shop/web' }) };
    const bound = (expression: string) => check([policy([{ expression }]), binding()], deployment(1), {}, authorizer);
    expect(await bound("authorizer.group('apps').resource('deployments').namespace('shop').name('web').check('deploy').allowed()")).toBe('admitted');
    expect(await bound("authorizer.requestResource.check('deploy').allowed()")).toBe('admitted');
    expect(await bound("authorizer.serviceAccount('shop', 'bot').requestResource.check('deploy').allowed()")).not.toBe('admitted');
    expect(await bound("authorizer.path('/healthz').check('get').allowed()")).toContain('failed expression');
  });

  it('warns where it is told to, and lets pass', async () => {
    const attributes = attributesFor(deployment(9));
    await admit(validatingAdmissionPolicy(new FakeLister(policy([{ expression: 'false', message: 'no' }]), binding({ validationActions: ['Warn', 'Audit'] }))), attributes);
    expect(attributes.warnings).toEqual(["Validation failed for ValidatingAdmissionPolicy 'rules' with binding 'everywhere': no"]);
  });

  it('leaves alone what could lock everybody out', async () => {
    const everything = policy([{ expression: 'false' }], { matchConstraints: { resourceRules: [rule('*', '*')] } });
    expect(await check([everything, binding()], policy([]))).toBe('admitted');
    expect(await check([everything, binding()], pod())).toBe(denied('failed expression: false'));
  });

  it('sees what an update changes', async () => {
    const rules = policy([{ expression: 'object.spec.replicas >= oldObject.spec.replicas' }]);
    const update = (replicas: number) => check([rules, binding()], deployment(replicas), { operation: 'UPDATE', oldObject: deployment(5) as unknown as KubeObject });
    expect(await update(6)).toBe('admitted');
    expect(await update(4)).toContain('failed expression');
  });

  it('an expression that is none is an answer too', async () => {
    expect(await check([policy([{ expression: 'object.spec.' }]), binding()])).toContain("expression 'object.spec.' resulted in error: compilation failed");
  });
});
