import { describe, expect, it } from 'vitest';
import type { KubeObject, Live, UntypedObject } from '../../runtime/api/kinds';
import type { WorkspaceObject } from '../../runtime/client/editor-protocol';
import { graphOf } from './graph';

function live(kind: string, name: string, more: Record<string, unknown> = {}, owner?: string): Live<KubeObject> {
  const ownerReferences = owner ? [{ apiVersion: 'v1', kind: 'Any', name: owner, uid: owner, controller: true }] : [];
  const metadata = {
    name, uid: `${kind}-${name}`, resourceVersion: '1', creationTimestamp: '2026-01-01T00:00:00Z', namespace: 'default', labels: { app: 'web' }, ownerReferences,
  };
  const object: UntypedObject = { apiVersion: 'v1', kind, metadata, ...more };
  return object as Live<KubeObject>;
}

const running = {
  status: { phase: 'Running', conditions: [{ type: 'Ready', status: 'True' }] }, spec: { containers: [{ name: 'main' }] },
};
const service = (name: string, app: string): Live<KubeObject> => live('Service', name, { spec: { selector: { app } } });
const web = [
  live('Deployment', 'web', { spec: { replicas: 1 }, status: { readyReplicas: 1 } }),
  live('ReplicaSet', 'web-1', { status: { replicas: 1, readyReplicas: 1 }, spec: { replicas: 1 } }, 'Deployment-web'),
  live('ReplicaSet', 'web-0', { status: { replicas: 0 }, spec: { replicas: 0 } }, 'Deployment-web'),
  live('Pod', 'web-1-a', running, 'ReplicaSet-web-1'),
];

function edges(objects: readonly Live<KubeObject>[], complete = true): string[] {
  return graphOf({ namespace: 'default', objects, complete }).edges.map(({ from, kind, to, broken }) => `${from} ${kind} ${to}${broken ? ' !' : ''}`);
}

describe('the resource graph', () => {
  it('leads from a service to the workload that its pods are of, and leaves old revisions out', () => {
    expect(edges([service('web', 'web'), ...web])).toEqual([
      'Deployment web owner ReplicaSet web-1',
      'ReplicaSet web-1 owner Pod web-1-a',
      'Service web selector Deployment web',
    ]);
  });

  it('marks a service that selects nothing, once all is known', () => {
    const nobody = (complete: boolean) => graphOf({ namespace: 'default', objects: [service('nobody', 'other'), ...web], complete }).nodes.find(({ label }) => label === 'nobody');
    expect(nobody(true)).toMatchObject({ level: 'error', note: 'selects no pods' });
    expect(nobody(false)).toMatchObject({ level: 'none', note: '' });
  });

  it('shows what an ingress names and is not there', () => {
    const backend = { service: { name: 'gone', port: { number: 80 } } };
    const { nodes, edges: [edge] } = graphOf({ namespace: 'default', objects: [live('Ingress', 'front', { spec: { defaultBackend: backend } })], complete: true });
    expect(edge).toEqual({ from: 'Ingress front', to: 'Service gone', kind: 'route', broken: true, planned: false });
    expect(nodes.map(({ id, missing, level }) => [id, missing, level])).toEqual([['Ingress front', false, 'error'], ['Service gone', true, 'error']]);
  });

  it('leads from pods to what they are made of; what is optional may be missing', () => {
    const spec = {
      containers: [{ name: 'main', envFrom: [{ configMapRef: { name: 'settings' } }, { secretRef: { name: 'extra', optional: true } }] }],
      volumes: [{ name: 'data', persistentVolumeClaim: { claimName: 'disk' } }],
    };
    expect(edges([live('Pod', 'a', { ...running, spec }), live('ConfigMap', 'settings')])).toEqual([
      'Pod a reference PersistentVolumeClaim disk !',
      'Pod a reference ConfigMap settings',
    ]);
  });

  it('shows many pods of one owner as one', () => {
    const many = Array.from({ length: 8 }, (_, i) => live('Pod', `web-1-${i}`, running, 'ReplicaSet-web-1'));
    const { nodes, edges: drawn } = graphOf({ namespace: 'default', objects: [...web.slice(0, 2), ...many], complete: true });
    expect(nodes.filter(({ column }) => column === 4).map(({ label, note, level }) => [label, note, level])).toEqual([['8 pods', '8 ready', 'ok']]);
    expect(drawn).toHaveLength(2);
  });

  it('gives every object of a column a row of its own', () => {
    const { nodes } = graphOf({ namespace: 'default', objects: [...web, service('web', 'web'), service('more', 'web'), service('other', 'web')], complete: true });
    const places = nodes.map(({ column, row }) => `${column}:${row}`);
    expect(new Set(places).size).toBe(places.length);
  });

  const file = (kind: string, name: string, spec: object, metadata: object = {}): WorkspaceObject => ({
    uri: `file:///work/${name}.yaml`,
    object: { apiVersion: 'v1', kind, metadata: { name, ...metadata }, spec } as UntypedObject,
  });
  const deployment = (name: string, app: string): WorkspaceObject =>
    file('Deployment', name, { template: { metadata: { labels: { app } }, spec: { containers: [{ name: 'a', envFrom: [{ configMapRef: { name: 'settings' } }] }] } } });
  const overlaid = (files: readonly WorkspaceObject[], objects: readonly Live<KubeObject>[] = web) => {
    const { nodes, edges: drawn } = graphOf({ namespace: 'default', objects, files, complete: true });
    const shown = nodes.map(({ id, note, isLive, file: uri, level }) => [id, isLive ? 'live' : 'file', uri ? 'written' : '', level, note].join(' '));
    return { shown, edges: drawn.filter(({ planned }) => planned).map(({ from, kind, to, broken }) => `${from} ${kind} ${to}${broken ? ' !' : ''}`) };
  };

  it('lays over it what files write and nobody has deployed', () => {
    const { shown, edges: planned } = overlaid([deployment('api', 'api'), file('Service', 'api', { selector: { app: 'api' } })], []);
    expect(shown).toEqual([
      'Service api file written none not deployed',
      'Deployment api file written error ConfigMap settings does not exist',
      'ConfigMap settings file  error does not exist',
    ]);
    expect(planned).toEqual(['Deployment api reference ConfigMap settings !', 'Service api selector Deployment api']);
  });

  it('tells of a selector in a file that finds neither pods nor a workload', () => {
    const { shown, edges: planned } = overlaid([file('Service', 'web', { selector: { app: 'wbe' } })], [service('web', 'web'), ...web]);
    expect(shown[0]).toBe('Service web live written error selects no pods');
    expect(planned).toEqual([]);
  });

  it('draws nothing twice where file and cluster agree, and leaves other namespaces alone', () => {
    const elsewhere = file('Service', 'other', { selector: { app: 'web' } }, { namespace: 'else' });
    const { shown, edges: planned } = overlaid([file('Service', 'web', { selector: { app: 'web' } }), elsewhere], [service('web', 'web'), ...web]);
    expect(planned).toEqual([]);
    expect(shown.filter((line) => line.includes('written'))).toEqual(['Service web live written none ']);
  });
});
