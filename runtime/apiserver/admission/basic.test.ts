import { describe, expect, it } from 'vitest';
import type { KubeObject, Node, Pod } from '../../api/kinds';
import { isStatusError } from '../../api/status';
import { FakeClock } from '../../clock';
import { defaultTolerationSeconds } from './default-toleration-seconds';
import { namespaceLifecycle } from './namespace-lifecycle';
import { nodeRestriction } from './node-restriction';
import { priority } from './priority';
import { serviceAccount } from './service-account';
import { taintNodesByCondition } from './taint-nodes-by-condition';
import { admit, attributesFor, FakeLister, infoOf, namespace, outcome, pod } from './testing/admission';

const account = (name: string, fields: object = {}) => ({ apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name, namespace: 'shop' }, ...fields });

describe('NamespaceLifecycle', () => {
  const lister = new FakeLister(namespace('shop'), namespace('gone', 'Terminating'));
  const plugin = namespaceLifecycle(lister);
  const remove = (object: object) => attributesFor(undefined, { operation: 'DELETE', oldObject: object as KubeObject });

  it.each([
    ['creates where the namespace is', attributesFor(pod()), 'admitted'],
    ['nothing in a namespace that is missing', attributesFor(pod({}, { namespace: 'nowhere' })), '404 namespaces "nowhere" not found'],
    ['no new content in a namespace that goes',
      attributesFor(pod({}, { namespace: 'gone' })),
      '403 pods "web" is forbidden: unable to create new content in namespace gone because it is being terminated'],
    ['names the prefix of a generated name', attributesFor(pod({}, { namespace: 'gone', name: undefined, generateName: 'web-' }), { name: '' }),
      '403 pods "web-" is forbidden: unable to create new content in namespace gone because it is being terminated'],
    ['updates in a namespace that goes', attributesFor(pod({}, { namespace: 'gone' }), { operation: 'UPDATE' }), 'admitted'],
    ['deletes anywhere', remove(pod({}, { namespace: 'gone' })), 'admitted'],
    ['keeps the default namespace', remove(namespace('default')), '403 namespaces "default" is forbidden: this namespace may not be deleted'],
    ['lets kube-node-lease go, as upstream does', remove(namespace('kube-node-lease')), 'admitted'],
    ['cluster objects', attributesFor({ apiVersion: 'v1', kind: 'Node', metadata: { name: 'n' } }), 'admitted'],
  ])('%s', async (_name, attributes, expected) => {
    expect(await outcome(plugin, attributes)).toBe(expected);
  });

  it('says why in a cause that controllers understand', async () => {
    const error = await admit(plugin, attributesFor(pod({}, { namespace: 'gone' }))).catch((caught: unknown) => caught);
    expect(isStatusError(error, 'Forbidden') && error.status.details).toEqual({
      name: 'web', kind: 'pods',
      causes: [{ reason: 'NamespaceTerminating', message: 'namespace gone is being terminated', field: 'metadata.namespace' }],
    });
  });
});

describe('ServiceAccount', () => {
  const lister = new FakeLister(account('default', { imagePullSecrets: [{ name: 'registry' }] }), account('quiet', { automountServiceAccountToken: false }));
  const plugin = serviceAccount(lister, new FakeClock());

  it('gives a pod the default account, its pull secrets and a token', async () => {
    const object = pod({ initContainers: [{ name: 'init', image: 'nginx:1' }] }) as unknown as Pod;
    await admit(plugin, attributesFor(object));
    const [volume] = object.spec!.volumes!;
    expect(object.spec).toMatchObject({ serviceAccountName: 'default', serviceAccount: 'default', imagePullSecrets: [{ name: 'registry' }] });
    expect(volume!.name).toMatch(/^kube-api-access-[a-z0-9]{5}$/);
    expect(volume!.projected).toEqual({
      defaultMode: 420,
      sources: [
        { serviceAccountToken: { expirationSeconds: 3607, path: 'token' } },
        { configMap: { name: 'kube-root-ca.crt', items: [{ key: 'ca.crt', path: 'ca.crt' }] } },
        { downwardAPI: { items: [{ path: 'namespace', fieldRef: { apiVersion: 'v1', fieldPath: 'metadata.namespace' } }] } },
      ],
    });
    const mount = { name: volume!.name, readOnly: true, mountPath: '/var/run/secrets/kubernetes.io/serviceaccount' };
    for (const container of [...object.spec!.containers, ...object.spec!.initContainers!]) expect(container.volumeMounts).toEqual([mount]);
  });

  it.each([
    ['the pod', { automountServiceAccountToken: false }, 0],
    ['the account', { serviceAccountName: 'quiet' }, 0],
    ['the pod rather than the account', { serviceAccountName: 'quiet', automountServiceAccountToken: true }, 1],
    ['a container that mounts its own', {
      containers: [{ name: 'app', image: 'x', volumeMounts: [{ name: 'own', mountPath: '/var/run/secrets/kubernetes.io/serviceaccount' }] }],
    }, 0],
  ])('mounts a token as %s says', async (_name, spec, volumes) => {
    const object = pod(spec) as unknown as Pod;
    await admit(plugin, attributesFor(object));
    expect(object.spec!.volumes ?? []).toHaveLength(volumes);
  });

  it('refuses an account that is not there', async () => {
    expect(await outcome(plugin, attributesFor(pod({ serviceAccountName: 'bot' })))).toBe(
      '403 pods "web" is forbidden: error looking up service account shop/bot: serviceaccount "bot" not found');
  });

  it('waits for the default account of a new namespace, but not for ever', async () => {
    const clock = new FakeClock();
    const late = new FakeLister();
    const waiting = serviceAccount(late, clock);
    const first = outcome(waiting, attributesFor(pod()));
    await clock.advance(300);
    late.put(account('default'));
    await clock.advance(300);
    expect(await first).toBe('admitted');
    late.remove('', 'serviceaccounts', 'shop', 'default');
    const second = outcome(waiting, attributesFor(pod()));
    await clock.advance(2000);
    expect(await second).toContain('serviceaccount "default" not found');
  });

  it.each([
    ['an account', { serviceAccountName: 'default' }, 'a mirror pod may not reference service accounts'],
    ['a secret', { volumes: [{ name: 'v', secret: { secretName: 's' } }] }, 'a mirror pod may not reference secrets'],
    ['a token', { volumes: [{ name: 'v', projected: { sources: [{ serviceAccountToken: { path: 't' } }] } }] },
      'a mirror pod may not use ServiceAccountToken volume projections'],
  ])('refuses a mirror pod with %s', async (_name, spec, why) => {
    const object = pod(spec, { annotations: { 'kubernetes.io/config.mirror': 'x' } });
    expect(await outcome(plugin, attributesFor(object))).toBe(`403 pods "web" is forbidden: ${why}`);
  });

  it('leaves mirror pods as they are', async () => {
    const object = pod({}, { annotations: { 'kubernetes.io/config.mirror': 'x' } }) as unknown as Pod;
    await admit(plugin, attributesFor(object));
    expect(object.spec!.serviceAccountName).toBeUndefined();
    expect(object.spec!.volumes).toBeUndefined();
  });

  it.each([
    ['a volume', { volumes: [{ name: 'v', secret: { secretName: 'other' } }] },
      'volume with secret.secretName="other" is not allowed because service account strict does not reference that secret'],
    ['an init container\'s variable', { initContainers: [{ name: 'i', image: 'x', env: [{ name: 'A', valueFrom: { secretKeyRef: { name: 'other', key: 'k' } } }] }] },
      'init container i with envVar A referencing secret.secretName="other" is not allowed because service account strict does not reference that secret'],
    ['a pull secret', { imagePullSecrets: [{ name: 'other' }] },
      'imagePullSecret with name="other" is not allowed because service account strict does not reference that imagePullSecret'],
    ['the listed secret', { volumes: [{ name: 'v', secret: { secretName: 'mine' } }] }, undefined],
  ])('an account that limits secrets judges %s', async (_name, spec, why) => {
    const strict = account('strict', { secrets: [{ name: 'mine' }] });
    Object.assign(strict.metadata, { annotations: { 'kubernetes.io/enforce-mountable-secrets': 'true' } });
    const limiting = serviceAccount(new FakeLister(strict), new FakeClock());
    const result = await outcome(limiting, attributesFor(pod({ serviceAccountName: 'strict', ...spec })));
    expect(result).toBe(why ? `403 pods "web" is forbidden: ${why}` : 'admitted');
  });
});

describe('Priority', () => {
  const cls = (name: string, value: number, fields: object = {}) => ({ apiVersion: 'scheduling.k8s.io/v1', kind: 'PriorityClass', metadata: { name }, value, ...fields });
  const lister = new FakeLister(cls('high', 1000, { preemptionPolicy: 'Never' }), cls('plain', 10));

  it.each([
    ['no class', {}, { priority: 0, preemptionPolicy: 'PreemptLowerPriority' }],
    ['a class', { priorityClassName: 'high' }, { priority: 1000, preemptionPolicy: 'Never' }],
    ['the value that its class has', { priorityClassName: 'high', priority: 1000 }, { priority: 1000 }],
  ])('a pod with %s', async (_name, spec, expected) => {
    const object = pod(spec) as unknown as Pod;
    await admit(priority(lister), attributesFor(object));
    expect(object.spec).toMatchObject(expected);
  });

  it('the lowest of the default classes is the default', async () => {
    const object = pod() as unknown as Pod;
    const defaults = new FakeLister(cls('a', 50, { globalDefault: true }), cls('b', 20, { globalDefault: true, preemptionPolicy: 'PreemptLowerPriority' }));
    await admit(priority(defaults), attributesFor(object));
    expect(object.spec).toMatchObject({ priorityClassName: 'b', priority: 20 });
  });

  it.each([
    ['an unknown class', { priorityClassName: 'x' }, 'no PriorityClass with name x was found'],
    ['a value of its own', { priority: 5 },
      'the integer value of priority (5) must not be provided in pod spec; priority admission controller computed 0 from the given PriorityClass name'],
    ['a policy of its own', { priorityClassName: 'high', preemptionPolicy: 'PreemptLowerPriority' },
      'the string value of PreemptionPolicy (PreemptLowerPriority) must not be provided in pod spec; priority admission controller computed Never from the given PriorityClass name'],
  ])('refuses %s', async (_name, spec, why) => {
    expect(await outcome(priority(lister), attributesFor(pod(spec)))).toBe(`403 pods "web" is forbidden: ${why}`);
  });

  it('allows one default class', async () => {
    const one = priority(new FakeLister(cls('a', 1, { globalDefault: true })));
    expect(await outcome(one, attributesFor(cls('b', 2, { globalDefault: true })))).toBe(
      '403 priorityclasses.scheduling.k8s.io "b" is forbidden: PriorityClass a is already marked as default. Only one default can exist');
    expect(await outcome(one, attributesFor(cls('a', 1, { globalDefault: true }), { operation: 'UPDATE' }))).toBe('admitted');
  });

  it('an update keeps the priority that it leaves out', async () => {
    const object = pod() as unknown as Pod;
    await admit(priority(lister), attributesFor(object, { operation: 'UPDATE', oldObject: pod({ priority: 7, preemptionPolicy: 'Never' }) }));
    expect(object.spec).toMatchObject({ priority: 7, preemptionPolicy: 'Never' });
  });
});

describe('DefaultTolerationSeconds', () => {
  const added = (key: string) => ({ key: `node.kubernetes.io/${key}`, operator: 'Exists', effect: 'NoExecute', tolerationSeconds: 300 });
  const everything = { operator: 'Exists' };
  const own = { key: 'node.kubernetes.io/not-ready', operator: 'Exists', effect: 'NoExecute', tolerationSeconds: 5 };
  const schedule = { key: 'node.kubernetes.io/not-ready', operator: 'Exists', effect: 'NoSchedule' };

  it.each([
    ['none', undefined, [added('not-ready'), added('unreachable')]],
    ['everything', [everything], [everything]],
    ['one of its own', [own], [own, added('unreachable')]],
    ['another effect', [schedule], [schedule, added('not-ready'), added('unreachable')]],
  ])('a pod that tolerates %s', async (_name, tolerations, expected) => {
    const object = pod({ ...(tolerations && { tolerations }) }) as unknown as Pod;
    await admit(defaultTolerationSeconds(), attributesFor(object));
    expect(object.spec!.tolerations).toEqual(expected);
  });
});

describe('TaintNodesByCondition', () => {
  const taint = { key: 'node.kubernetes.io/not-ready', effect: 'NoSchedule' };
  it.each([['a new node', undefined], ['one that has the taint', [taint]]])('taints %s once', async (_name, taints) => {
    const node = { apiVersion: 'v1', kind: 'Node', metadata: { name: 'n' }, ...(taints && { spec: { taints } }) } as Node;
    await admit(taintNodesByCondition, attributesFor(node));
    expect(node.spec!.taints).toEqual([taint]);
  });
});

describe('NodeRestriction', () => {
  const user = { name: 'system:node:n1', groups: ['system:nodes', 'system:authenticated'] };
  const node = (name: string, fields: object = {}, labels: object = {}) => ({ apiVersion: 'v1', kind: 'Node', metadata: { name, uid: `uid-${name}`, labels }, ...fields });
  const mine = { ...pod({ nodeName: 'n1' }), status: {} };
  const foreign = { ...pod({ nodeName: 'n2' }, { name: 'other' }), status: {} };
  const lister = new FakeLister(node('n1'), mine, foreign);
  const plugin = nodeRestriction(lister);
  const owner = { apiVersion: 'v1', kind: 'Node', name: 'n1', uid: 'uid-n1', controller: true };
  const mirror = (spec: object = {}, metadata: object = {}) =>
    pod({ nodeName: 'n1', ...spec }, { name: 'static-n1', annotations: { 'kubernetes.io/config.mirror': 'x' }, ownerReferences: [owner], ...metadata });
  const update = (object: object, old: object, subresource = '') => attributesFor(object, { operation: 'UPDATE', oldObject: old as KubeObject, subresource, user });
  const create = (object: object, subresource = '', resource = infoOf(object)) => attributesFor(object, { user, subresource, resource });
  const remove = (object: object) => attributesFor(undefined, { operation: 'DELETE', oldObject: object as KubeObject, user });
  const token = (ref: object | undefined) => attributesFor(
    { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest', metadata: { name: 'default', namespace: 'shop' }, spec: { audiences: [], boundObjectRef: ref } },
    { resource: infoOf(account('x')), subresource: 'token', user });
  const lease = (name: string, namespace = 'kube-node-lease') => create({ apiVersion: 'coordination.k8s.io/v1', kind: 'Lease', metadata: { name, namespace } });

  it.each([
    ['its own mirror pod', create(mirror()), undefined],
    ['an ordinary pod', create(pod({ nodeName: 'n1' })), 'pod does not have "kubernetes.io/config.mirror" annotation, node "n1" can only create mirror pods'],
    ['a mirror pod elsewhere', create(mirror({ nodeName: 'n2' })), 'node "n1" can only create pods with spec.nodeName set to itself'],
    ['a mirror pod of nobody', create(mirror({}, { ownerReferences: [] })), 'node "n1" can only create pods with an owner reference set to itself'],
    ['a mirror pod of an earlier node', create(mirror({}, { ownerReferences: [{ ...owner, uid: 'old' }] })), 'node n1 UID mismatch: expected old got uid-n1'],
    ['a mirror pod with a config map', create(mirror({ volumes: [{ name: 'v', configMap: { name: 'c' } }] })), 'node "n1" can not create pods that reference configmaps'],
    ['the status of its pod', update(mine, mine, 'status'), undefined],
    ['the status of another pod', update(foreign, foreign, 'status'), 'node "n1" can only update pod status for pods with spec.nodeName set to itself'],
    ['labels in a status', update({ ...mine, metadata: { ...mine.metadata, labels: { a: 'b' } } }, mine, 'status'), 'node "n1" cannot update labels through pod status'],
    ['a pod\'s spec', update(mine, mine), 'unexpected operation "UPDATE", node "n1" can only create and delete mirror pods'],
    ['the removal of its pod', remove(mine), undefined],
    ['the removal of another pod', remove(foreign), 'node "n1" can only delete pods with spec.nodeName set to itself'],
    ['a binding', create({ ...pod(), kind: 'Pod' }, 'binding'), 'unexpected pod subresource "binding", only \'status\' and \'eviction\' are allowed'],
    ['itself', create(node('n1', {}, { 'kubernetes.io/hostname': 'n1', 'node.kubernetes.io/x': '1', zone: 'a' })), undefined],
    ['another node', create(node('n2')), 'node "n1" is not allowed to modify node "n2"'],
    ['roles of its own', create(node('n1', {}, { 'node-role.kubernetes.io/x': '', 'a.node-restriction.kubernetes.io/b': '1' })),
      'node "n1" is not allowed to set the following labels: a.node-restriction.kubernetes.io/b, node-role.kubernetes.io/x'],
    ['its taints', update(node('n1', { spec: { taints: [] } }), node('n1', { spec: { taints: [{ key: 'a', effect: 'NoSchedule' }] } })), 'node "n1" is not allowed to modify taints'],
    ['the loss of a role', update(node('n1'), node('n1', {}, { 'node-role.kubernetes.io/x': '' })), 'node "n1" is not allowed to modify labels: node-role.kubernetes.io/x'],
    ['its lease', lease('n1'), undefined],
    ['another lease', lease('n2'), 'can only access node lease with the same name as the requesting node'],
    ['a lease elsewhere', lease('n1', 'shop'), 'can only access leases in the "kube-node-lease" system namespace'],
    ['a free token', token(undefined), 'node requested token not bound to a pod'],
    ['a token of another\'s pod', token({ apiVersion: 'v1', kind: 'Pod', name: 'other', uid: 'u' }),
      'the UID in the bound object reference (u) does not match the UID in record. The object might have been deleted and then recreated'],
  ])('a kubelet writes %s', async (_name, attributes, why) => {
    const result = await outcome(plugin, attributes);
    expect(result.replace(/^.*? is forbidden: /, '')).toBe(why ?? 'admitted');
  });

  it('leaves everybody else alone', async () => {
    expect(await outcome(plugin, attributesFor(pod()))).toBe('admitted');
    expect(await outcome(plugin, { ...create(pod()), user: { name: 'system:node:n1', groups: [] } })).toBe('admitted');
  });
});
