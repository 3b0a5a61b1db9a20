import { describe, expect, it } from 'vitest';
import type { KubeObject, Live, UntypedObject } from '../../runtime/api/kinds';
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
  return graphOf({ objects, complete }).edges.map(({ from, kind, to, broken }) => `${from} ${kind} ${to}${broken ? ' !' : ''}`);
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
    const nobody = (complete: boolean) => graphOf({ objects: [service('nobody', 'other'), ...web], complete }).nodes.find(({ label }) => label === 'nobody');
    expect(nobody(true)).toMatchObject({ level: 'error', note: 'selects no pods' });
    expect(nobody(false)).toMatchObject({ level: 'none', note: '' });
  });

  it('shows what an ingress names and is not there', () => {
    const backend = { service: { name: 'gone', port: { number: 80 } } };
    const { nodes, edges: [edge] } = graphOf({ objects: [live('Ingress', 'front', { spec: { defaultBackend: backend } })], complete: true });
    expect(edge).toEqual({ from: 'Ingress front', to: 'Service gone', kind: 'route', broken: true });
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
    const { nodes, edges: drawn } = graphOf({ objects: [...web.slice(0, 2), ...many], complete: true });
    expect(nodes.filter(({ column }) => column === 4).map(({ label, note, level }) => [label, note, level])).toEqual([['8 pods', '8 ready', 'ok']]);
    expect(drawn).toHaveLength(2);
  });

  it('gives every object of a column a row of its own', () => {
    const { nodes } = graphOf({ objects: [...web, service('web', 'web'), service('more', 'web'), service('other', 'web')], complete: true });
    const places = nodes.map(({ column, row }) => `${column}:${row}`);
    expect(new Set(places).size).toBe(places.length);
  });
});
