import { describe, expect, it } from 'vitest';
import type { KubeObject, Pod } from '../../api/kinds';
import { applyDefaults } from '../../api/defaults';
import { FakeClock } from '../../clock';
import { limitRanger } from './limit-ranger';
import { resourceQuota } from './resource-quota';
import { admit, attributesFor, FakeLister, infoOf, namespace, outcome, pod } from './testing/admission';

const limitRange = (name: string, ...limits: object[]) => {
  const range = { apiVersion: 'v1', kind: 'LimitRange', metadata: { name, namespace: 'shop' }, spec: { limits } };
  applyDefaults(range, infoOf(range));
  return range;
};
const using = (requests?: object, limits?: object) =>
  pod({ containers: [{ name: 'app', image: 'x', resources: { ...(requests && { requests }), ...(limits && { limits }) } }] });

describe('LimitRanger', () => {
  const defaults = limitRanger(new FakeLister(limitRange('l', { type: 'Container', default: { cpu: '500m', memory: '1Gi' }, defaultRequest: { cpu: '100m' } })));

  it('fills in what a container leaves open, and notes it', async () => {
    const object = pod({ initContainers: [{ name: 'init', image: 'x', resources: { limits: { cpu: '1' } } }] }) as unknown as Pod;
    await admit(defaults, attributesFor(object));
    expect(object.spec!.containers[0]!.resources).toEqual({ limits: { cpu: '500m', memory: '1Gi' }, requests: { cpu: '100m', memory: '1Gi' } });
    expect(object.spec!.initContainers![0]!.resources).toEqual({ limits: { cpu: '1', memory: '1Gi' }, requests: { cpu: '1', memory: '1Gi' } });
    expect(object.metadata.annotations).toEqual({
      'kubernetes.io/limit-ranger':
        'LimitRanger plugin set: cpu, memory request for container app; cpu, memory limit for container app; ' +
        'memory request for init container init; memory limit for init container init',
    });
  });

  it('leaves a pod alone that says everything', async () => {
    const object = using({ cpu: '1', memory: '1' }, { cpu: '1', memory: '1' }) as unknown as Pod;
    await admit(defaults, attributesFor(object));
    expect(object.metadata.annotations).toBeUndefined();
  });

  const claim = (storage: string) => ({ apiVersion: 'v1', kind: 'PersistentVolumeClaim', metadata: { name: 'data', namespace: 'shop' }, spec: { resources: { requests: { storage } } } });

  it.each([
    ['a limit above the maximum', { type: 'Container', max: { cpu: '1' } }, using({}, { cpu: '2' }), 'maximum cpu usage per Container is 1, but limit is 2'],
    ['a request above the maximum', { type: 'Pod', max: { cpu: '1' } }, using({ cpu: '1500m' }, { cpu: '1' }), 'maximum cpu usage per Pod is 1, but request is 1500m'],
    ['no limit where there is a maximum', { type: 'Pod', max: { cpu: '1' } }, using(), 'maximum cpu usage per Pod is 1.  No limit is specified'],
    ['a request below the minimum', { type: 'Container', min: { memory: '1Gi' } }, using({ memory: '1Mi' }), 'minimum memory usage per Container is 1Gi, but request is 1Mi'],
    ['no request where there is a minimum', { type: 'Pod', min: { memory: '1Gi' } }, using(), 'minimum memory usage per Pod is 1Gi.  No request is specified'],
    ['a ratio above the maximum', { type: 'Container', maxLimitRequestRatio: { cpu: '2' } }, using({ cpu: '1' }, { cpu: '5' }),
      'cpu max limit to request ratio per Container is 2, but provided ratio is 5.000000'],
    ['no request where there is a ratio', { type: 'Container', maxLimitRequestRatio: { cpu: '2' } }, using(),
      'cpu max limit to request ratio per Container is 2, but no request is specified or request is 0'],
    ['all that is wrong', { type: 'Container', max: { cpu: '1', memory: '1Gi' } }, using({}, { cpu: '2', memory: '2Gi' }),
      '[maximum cpu usage per Container is 1, but limit is 2, maximum memory usage per Container is 1Gi, but limit is 2Gi]'],
    ['a claim above the maximum', { type: 'PersistentVolumeClaim', max: { storage: '1Gi' } }, claim('2Gi'),
      'maximum storage usage per PersistentVolumeClaim is 1Gi, but request is 2Gi'],
    ['nothing about a pod within', { type: 'Container', min: { cpu: '1' }, max: { cpu: '2' } }, using({ cpu: '1' }, { cpu: '2' }), undefined],
  ])('finds %s', async (_name, item, object, why) => {
    const result = await outcome(limitRanger(new FakeLister(limitRange('l', item))), attributesFor(object));
    expect(result.replace(/^.*? is forbidden: /, '')).toBe(why ?? 'admitted');
  });

  it('has nothing to say about updates of pods, but about their resizes', async () => {
    const plugin = limitRanger(new FakeLister(limitRange('l', { type: 'Container', max: { cpu: '1' } })));
    const old = using({}, { cpu: '1' }) as unknown as KubeObject;
    const update = (subresource: string) => attributesFor(using({}, { cpu: '2' }), { operation: 'UPDATE', oldObject: old, subresource });
    expect(await outcome(plugin, update(''))).toBe('admitted');
    expect(await outcome(plugin, update('resize'))).toContain('maximum cpu usage per Container is 1, but limit is 2');
  });
});

describe('ResourceQuota', () => {
  const quota = (hard: object, spec: object = {}, name = 'q') => ({ apiVersion: 'v1', kind: 'ResourceQuota', metadata: { name, namespace: 'shop' }, spec: { hard, ...spec } });
  let uids = 0;
  const running = (name: string, spec: object = {}, fields: object = {}) => ({ ...pod(spec, { name, uid: `live-${name}`, resourceVersion: '1' }), status: { phase: 'Running' }, ...fields });
  const incoming = (object: { metadata: object }) => {
    Object.assign(object.metadata, { uid: `new-${++uids}` });
    return object;
  };
  const run = (lister: FakeLister, object: { metadata: object }) => outcome(resourceQuota(lister, new FakeClock()), attributesFor(incoming(object)));
  const asking = (cpu: string) => ({ containers: [{ name: 'app', image: 'x', resources: { requests: { cpu }, limits: { cpu } } }] });
  const service = (type: string, ports = 1, name = 's') => ({
    apiVersion: 'v1', kind: 'Service', metadata: { name, namespace: 'shop' },
    spec: { type, ports: Array.from({ length: ports }, (_, index) => ({ port: 80 + index, name: `p${index}` })) },
  });
  const claim = (storage: string, storageClassName?: string) => ({
    apiVersion: 'v1', kind: 'PersistentVolumeClaim', metadata: { name: 'data', namespace: 'shop' },
    spec: { resources: { requests: { storage } }, ...(storageClassName && { storageClassName }) },
  });
  const deployment = (name: string) => ({ apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name, namespace: 'shop' }, spec: {} });

  it.each([
    ['the last place', [quota({ pods: '2' }), running('a')], pod(), undefined],
    ['one pod too many', [quota({ pods: '2' }), running('a'), running('b')], pod(), 'exceeded quota: q, requested: pods=1, used: pods=2, limited: pods=2'],
    ['a place that an ended pod has left', [quota({ pods: '1' }), running('a', {}, { status: { phase: 'Succeeded' } })], pod(), undefined],
    ['an ended pod under its object count', [quota({ 'count/pods': '1' }), running('a', {}, { status: { phase: 'Succeeded' } })], pod(),
      'exceeded quota: q, requested: count/pods=1, used: count/pods=1, limited: count/pods=1'],
    ['pods of another namespace', [quota({ pods: '1' }), running('a'), { ...running('x'), metadata: { name: 'x', namespace: 'other' } }], pod(),
      'exceeded quota: q, requested: pods=1, used: pods=1, limited: pods=1'],
    ['too much cpu', [quota({ 'requests.cpu': '1', 'limits.cpu': '4' }), running('a', asking('600m'))], pod(asking('500m')),
      'exceeded quota: q, requested: requests.cpu=500m, used: requests.cpu=600m, limited: requests.cpu=1'],
    ['all that is exceeded, sorted', [quota({ pods: '0', cpu: '1' })], pod(asking('2')),
      'exceeded quota: q, requested: cpu=2,pods=1, used: cpu=0,pods=0, limited: cpu=1,pods=0'],
    ['a pod that does not say what it needs', [quota({ 'limits.cpu': '4', 'requests.memory': '1Gi' })], pod(),
      'failed quota: q: must specify limits.cpu for: app; requests.memory for: app'],
    ['a quota for terminating pods with others', [quota({ pods: '0' }, { scopes: ['Terminating'] })], pod(), undefined],
    ['a quota for terminating pods', [quota({ pods: '0' }, { scopes: ['Terminating'] })], pod({ activeDeadlineSeconds: 5 }), 'exceeded quota: q, requested: pods=1, used: pods=0, limited: pods=0'],
    ['a quota for best-effort pods', [quota({ pods: '1' }, { scopes: ['BestEffort'] }), running('a', asking('1')), running('b')], pod(),
      'exceeded quota: q, requested: pods=1, used: pods=1, limited: pods=1'],
    ['a quota by priority class', [quota({ pods: '0' }, { scopeSelector: { matchExpressions: [{ scopeName: 'PriorityClass', operator: 'In', values: ['high'] }] } })],
      pod({ priorityClassName: 'high' }), 'exceeded quota: q, requested: pods=1, used: pods=0, limited: pods=0'],
    ['another priority class', [quota({ pods: '0' }, { scopeSelector: { matchExpressions: [{ scopeName: 'PriorityClass', operator: 'In', values: ['high'] }] } })], pod(), undefined],
    ['services under a scoped quota', [quota({ services: '0' }, { scopes: ['BestEffort'] })], service('ClusterIP'), undefined],
    ['node ports', [quota({ 'services.nodeports': '3' }), service('NodePort', 2, 'a')], service('NodePort', 2),
      'exceeded quota: q, requested: services.nodeports=2, used: services.nodeports=2, limited: services.nodeports=3'],
    ['load balancers', [quota({ 'services.loadbalancers': '0' })], service('LoadBalancer'),
      'exceeded quota: q, requested: services.loadbalancers=1, used: services.loadbalancers=0, limited: services.loadbalancers=0'],
    ['storage', [quota({ 'requests.storage': '10Gi' })], claim('11Gi'), 'exceeded quota: q, requested: requests.storage=11Gi, used: requests.storage=0, limited: requests.storage=10Gi'],
    ['storage of a class', [quota({ 'fast.storageclass.storage.k8s.io/requests.storage': '1Gi' })], claim('2Gi', 'fast'),
      'exceeded quota: q, requested: fast.storageclass.storage.k8s.io/requests.storage=2Gi, used: fast.storageclass.storage.k8s.io/requests.storage=0, limited: fast.storageclass.storage.k8s.io/requests.storage=1Gi'],
    ['any kind by its number', [quota({ 'count/deployments.apps': '1' }), deployment('a')], deployment('b'),
      'exceeded quota: q, requested: count/deployments.apps=1, used: count/deployments.apps=1, limited: count/deployments.apps=1'],
    ['config maps by their old name', [quota({ configmaps: '0' })], { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'c', namespace: 'shop' } },
      'exceeded quota: q, requested: configmaps=1, used: configmaps=0, limited: configmaps=0'],
  ])('counts %s', async (_name, objects, object, why) => {
    const result = await run(new FakeLister(namespace('shop'), ...objects), object);
    expect(result.replace(/^.*? is forbidden: /, '')).toBe(why ?? 'admitted');
  });

  describe('while writes are on their way', () => {
    const setUp = () => {
      const lister = new FakeLister(quota({ pods: '1' }));
      const clock = new FakeClock();
      const plugin = resourceQuota(lister, clock);
      const create = (name: string, dryRun = false) => outcome(plugin, attributesFor(incoming(pod({}, { name })), { dryRun }));
      return { lister, clock, create };
    };
    const full = '403 pods "b" is forbidden: exceeded quota: q, requested: pods=1, used: pods=1, limited: pods=1';

    it('two creates at once cannot share the last place', async () => {
      const { create } = setUp();
      expect(await Promise.all([create('a'), create('b')])).toEqual(['admitted', full]);
    });

    it('a write that arrived counts once', async () => {
      const { lister, create } = setUp();
      await create('a');
      lister.put(running('a'));
      expect(await create('b')).toBe(full);
      lister.remove('', 'pods', 'shop', 'a');
      expect(await create('b')).toBe('admitted');
    });

    it('a write that was deleted again before anybody asked frees its place', async () => {
      const { lister, clock, create } = setUp();
      await create('a');
      lister.put(running('a'));
      await clock.advance(20);
      lister.remove('', 'pods', 'shop', 'a');
      expect(await create('b')).toBe('admitted');
    });

    it('a write that never arrives is given up', async () => {
      const { clock, create } = setUp();
      await create('a');
      await clock.advance(6000);
      expect(await create('b')).toBe('admitted');
    });

    it('a dry run takes no place', async () => {
      const { create } = setUp();
      await create('a', true);
      expect(await create('b')).toBe('admitted');
    });
  });

  it('charges an update for what it adds', async () => {
    const old = { ...service('NodePort', 1), metadata: { name: 's', namespace: 'shop', uid: 'u', resourceVersion: '1' } };
    const grown = (ports: number) => ({ ...service('NodePort', ports), metadata: { ...old.metadata } });
    const lister = new FakeLister(quota({ 'services.nodeports': '2', services: '1' }), old);
    const update = (ports: number) => outcome(resourceQuota(lister, new FakeClock()), attributesFor(grown(ports), { operation: 'UPDATE', oldObject: old as unknown as KubeObject }));
    expect(await update(2)).toBe('admitted');
    expect(await update(3)).toContain('exceeded quota: q, requested: services.nodeports=2, used: services.nodeports=1, limited: services.nodeports=2');
  });
});
