import { describe, expect, it } from 'vitest';
import type { Live, Node, Pod } from '../../runtime/api/kinds';
import { nodeMap } from './node-map';

const meta = (name: string) => ({ name, uid: name, resourceVersion: '1', creationTimestamp: '2026-01-01T00:00:00Z' });

function node(name: string, ready = true): Live<Node> {
  const condition = { type: 'Ready', status: ready ? 'True' : 'False', message: 'no word' };
  return { kind: 'Node', metadata: meta(name), status: { allocatable: { cpu: '2', memory: '4Gi', pods: '10' }, conditions: [condition] } };
}

function pod(name: string, nodeName: string | undefined, phase = 'Running'): Live<Pod> {
  const requests = { cpu: '500m', memory: '1Gi' };
  const spec = { containers: [{ name: 'main', resources: { requests } }], ...(nodeName && { nodeName }) };
  return { kind: 'Pod', metadata: { ...meta(name), namespace: 'default' }, spec, status: { phase } };
}

describe('the node map', () => {
  it('sums what the pods of a node request, without those that have ended', () => {
    const pods = [pod('a', 'node-1'), pod('b', 'node-1'), pod('c', 'node-1', 'Succeeded')];
    const [card] = nodeMap({ nodes: [node('node-1')], pods, complete: true }).cards;
    expect(card?.usage).toEqual([
      { resource: 'cpu', share: 0.5, text: '1 of 2' },
      { resource: 'memory', share: 0.5, text: '2 Gi of 4 Gi' },
      { resource: 'pods', share: 0.2, text: '2 of 10' },
    ]);
    expect(card?.pods.map(({ ref, level }) => [ref.name, level])).toEqual([['a', 'progress'], ['b', 'progress'], ['c', 'done']]);
  });

  it('has nodes in the order of their numbers, and last the pods that are on none', () => {
    const { cards } = nodeMap({ nodes: [node('node-10'), node('node-2', false)], pods: [pod('lost', undefined, 'Pending')], complete: true });
    expect(cards.map(({ name, status }) => [name, status])).toEqual([['node-2', 'no word'], ['node-10', 'Ready'], ['Not on a node', 'waiting']]);
  });
});
