import { describe, expect, it } from 'vitest';
import type { ClusterRole, KubeObject, Live, PersistentVolume, PersistentVolumeClaim, Pod, ResourceQuota } from '../../api/kinds';
import { FakeClock } from '../../clock';
import { silentLogger } from '../../log';
import { startControllers } from '../index';
import { resources } from '../kit/resources';
import { FakeCluster } from '../testing/fake-cluster';
import { quotaUsage } from './quota-usage';
import { aggregatedRules } from './role-aggregation';

const live = <T extends KubeObject>(object: T): Live<T> => object as Live<T>;

describe('role aggregation', () => {
  const rule = (resource: string) => ({ apiGroups: [''], resources: [resource], verbs: ['get'] });
  const role = (name: string, labels: Record<string, string>, ...names: string[]) => live<ClusterRole>({ metadata: { name, labels }, rules: names.map(rule) });

  it('joins the rules of matching roles in the order of their names, each once', () => {
    const view: Live<ClusterRole> = { ...role('view', { to: 'view' }), aggregationRule: { clusterRoleSelectors: [{ matchLabels: { to: 'view' } }] } };
    const others = [role('b', { to: 'view' }, 'secrets', 'pods'), role('a', { to: 'view' }, 'pods'), role('c', {}, 'nodes')];
    expect(aggregatedRules(view, [view, ...others])).toEqual([rule('pods'), rule('secrets')]);
  });
});

describe('quotas', () => {
  const pod = (cpu: string, memory: string, phase = 'Running'): Pod => ({
    metadata: { name: 'p' }, status: { phase, qosClass: 'Burstable' },
    spec: { containers: [{ name: 'c', resources: { requests: { cpu, memory }, limits: { memory: '1Gi' } } }] },
  });
  const usage = (hard: Record<string, string>, pods: Pod[], scopes?: string[]) => {
    const quota: ResourceQuota = { metadata: { name: 'q' }, spec: { hard, ...(scopes && { scopes }) } };
    return quotaUsage(quota, (group, resource) => (resource === 'pods' ? pods : resource === 'deployments' && group === 'apps' ? [pod('1', '1')] : []));
  };

  it('adds up what pods ask for, without those that ended', () => {
    const pods = [pod('500m', '512Mi'), pod('1', '512Mi'), pod('8', '8Gi', 'Succeeded')];
    expect(usage({ pods: '5', 'requests.cpu': '4', memory: '4Gi', 'limits.memory': '8Gi', 'count/deployments.apps': '3', secrets: '1' }, pods)).toEqual({
      pods: '2', 'requests.cpu': '1500m', memory: '1Gi', 'limits.memory': '2Gi', 'count/deployments.apps': '1', secrets: '0',
    });
  });

  it('counts only pods in its scope', () => {
    expect(usage({ pods: '5' }, [pod('1', '1')], ['BestEffort'])).toEqual({ pods: '0' });
  });
});

describe('volumes', () => {
  it('binds a claim to the smallest volume that fits', async () => {
    const clock = new FakeClock();
    const cluster = new FakeCluster(clock);
    const volume = (name: string, storage: string): PersistentVolume => ({ metadata: { name }, spec: { capacity: { storage }, accessModes: ['ReadWriteOnce'] } });
    const volumes = cluster.resource<PersistentVolume>(resources.persistentVolumes);
    for (const [name, storage] of [['large', '10Gi'], ['small', '1Gi'], ['fitting', '5Gi']] as const) await volumes.create(volume(name, storage));
    await cluster.resource<PersistentVolumeClaim>(resources.persistentVolumeClaims).create({
      metadata: { name: 'data', namespace: 'default' }, spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '3Gi' } } },
    });
    const controllers = startControllers({
      client: cluster, informers: cluster, events: () => cluster.events(), clock, logger: silentLogger, options: { clusterCidr: '10.244.0.0/16' },
      enabled: ['persistentvolume-binder-controller'],
    });
    for (let i = 0; i < 20; i++) await clock.advance(100);
    const claims = cluster.resource<PersistentVolumeClaim>(resources.persistentVolumeClaims);
    expect(await claims.get('data', 'default')).toMatchObject({ spec: { volumeName: 'fitting' }, status: { phase: 'Bound', capacity: { storage: '5Gi' } } });
    expect((await volumes.get('fitting')).status?.phase).toBe('Bound');
    expect((await volumes.get('large')).status?.phase).toBe('Available');
    await claims.delete('data', 'default');
    for (let i = 0; i < 20; i++) await clock.advance(100);
    expect((await volumes.get('fitting')).status?.phase).toBe('Released');
    await controllers.stop();
  });
});
