import { describe, expect, it } from 'vitest';
import type { Live, Node, PodSpec } from '../../api/kinds';
import { admitPod } from './admission';
import { testPod } from './testing';

const node: Live<Node> = {
  metadata: { name: 'node-1', uid: 'n', resourceVersion: '1', creationTimestamp: '', labels: { disk: 'ssd' } },
  spec: { taints: [{ key: 'gone', effect: 'NoExecute' }] },
};
const tolerant: PodSpec['tolerations'] = [{ operator: 'Exists' }];
const allocatable = { cpu: '1', memory: '1Gi', pods: '2' };
const cpu = (amount: string): Partial<PodSpec> => ({
  tolerations: tolerant,
  containers: [{ name: 'main', resources: { requests: { cpu: amount } } }],
});
const port: Partial<PodSpec> = {
  tolerations: tolerant,
  containers: [{ name: 'main', ports: [{ containerPort: 80, hostPort: 80 }] }],
};
const portAt = (hostIP: string): Partial<PodSpec> => ({
  tolerations: tolerant,
  containers: [{ name: 'main', ports: [{ containerPort: 80, hostPort: 80, hostIP }] }],
});
const sysctl = (name: string): Partial<PodSpec> => ({
  tolerations: tolerant,
  securityContext: { sysctls: [{ name, value: '1' }] },
});
const other = (spec: Partial<PodSpec>, uid = 'other') => testPod(spec, { uid });

describe('a node', () => {
  it.each<[string, Partial<PodSpec>, Partial<PodSpec>[], string | undefined]>([
    ['takes a pod that fits', cpu('500m'), [cpu('500m')], undefined],
    [
      'is out of cpu',
      cpu('600m'),
      [cpu('500m')],
      "OutOfcpu: Node didn't have enough resource: cpu, requested: 600, used: 500, capacity: 1000",
    ],
    [
      'is out of pods',
      cpu('0'),
      [cpu('0'), cpu('0')],
      "OutOfpods: Node didn't have enough resource: pods, requested: 1, used: 2, capacity: 2",
    ],
    [
      'has a port taken',
      port,
      [port],
      "NodePorts: Predicate NodePorts failed: node(s) didn't have free ports for the requested pod ports",
    ],
    [
      'has the port free at another address',
      portAt('127.0.0.1'),
      [portAt('10.0.0.1')],
      undefined,
    ],
    [
      'has a port taken at all addresses',
      portAt('127.0.0.1'),
      [port],
      "NodePorts: Predicate NodePorts failed: node(s) didn't have free ports for the requested pod ports",
    ],
    ['sets what is the pod\'s own', sysctl('kernel.shm_rmid_forced'), [], undefined],
    [
      'sets nothing of its own for a pod',
      sysctl('kernel.msgmax'),
      [],
      'SysctlForbidden: forbidden sysctl: "kernel.msgmax" not allowlisted',
    ],
    [
      'lets a pod of its network set nothing there',
      { ...sysctl('net.ipv4.tcp_syncookies'), hostNetwork: true },
      [],
      'SysctlForbidden: forbidden sysctl: "net.ipv4.tcp_syncookies" not allowed with host net enabled',
    ],
    [
      'has not the label',
      { tolerations: tolerant, nodeSelector: { disk: 'hdd' } },
      [],
      "NodeAffinity: Predicate NodeAffinity failed: node(s) didn't match Pod's node affinity/selector",
    ],
    ['has a taint', {}, [], 'TaintToleration: Predicate TaintToleration failed: node(s) had untolerated taint(s)'],
  ])('%s', (_name, spec, running, expected) => {
    const refusal = admitPod(
      testPod(spec),
      running.map((each, i) => other(each, `o${i}`)),
      node,
      allocatable,
    );
    expect(refusal && `${refusal.reason}: ${refusal.message}`).toBe(expected);
  });

  it('does not count pods that have ended', () => {
    const ended = { ...other(cpu('1')), status: { phase: 'Succeeded' } };
    expect(admitPod(testPod(cpu('1')), [ended], node, allocatable)).toBeUndefined();
  });
});
