import { describe, expect, it } from 'vitest';
import type { ResourceRequirements } from '../../api/kinds';
import { linuxResources, podRequests, qosClass } from './resources';
import { testPod } from './testing';

const pod = (...all: ResourceRequirements[]) =>
  testPod({ containers: all.map((resources, i) => ({ name: `c${i}`, resources })) });
const full = { cpu: '1', memory: '1Gi' };

describe('quality of service', () => {
  it.each<[string, ResourceRequirements[], string]>([
    ['nothing asked for', [{}], 'BestEffort'],
    ['limits only', [{ limits: full }], 'Guaranteed'],
    ['limits that equal the requests', [{ limits: full, requests: { cpu: '1000m', memory: '1024Mi' } }], 'Guaranteed'],
    ['smaller requests', [{ limits: full, requests: { cpu: '500m', memory: '1Gi' } }], 'Burstable'],
    ['one container without', [{ limits: full }, {}], 'Burstable'],
    ['a memory request', [{ requests: { memory: '1Mi' } }], 'Burstable'],
    ['a request of zero', [{ requests: { cpu: '0' } }], 'BestEffort'],
  ])('of %s', (_name, resources, expected) => {
    expect(qosClass(pod(...resources))).toBe(expected);
  });
});

describe('limits of a container', () => {
  const gib = 1n << 30n;
  it.each<[string, ResourceRequirements, object]>([
    ['none', {}, { cpuShares: 2, oomScoreAdj: 1000 }],
    [
      'half a cpu',
      { limits: { cpu: '500m' } },
      { cpuShares: 512, cpuQuota: 50_000, cpuPeriod: 100_000, oomScoreAdj: 999 },
    ],
    ['a tiny cpu', { limits: { cpu: '1m' } }, { cpuShares: 2, cpuQuota: 1000, cpuPeriod: 100_000, oomScoreAdj: 999 }],
    [
      'memory',
      { limits: { memory: '64Mi' }, requests: { memory: '512Mi' } },
      { cpuShares: 2, memoryLimitBytes: 64 << 20, oomScoreAdj: 500 },
    ],
  ])('%s', (_name, resources, expected) => {
    const subject = pod(resources);
    expect(linuxResources(subject, subject.spec.containers[0]!, gib)).toEqual(expected);
  });
});

it('requests are those of the containers, or of the largest init container', () => {
  const requests = (cpu: string) => ({ resources: { requests: { cpu } } });
  const subject = testPod({
    initContainers: [
      { name: 'side', restartPolicy: 'Always', ...requests('100m') },
      { name: 'big', ...requests('2') },
    ],
    containers: [
      { name: 'a', ...requests('500m') },
      { name: 'b', ...requests('1') },
    ],
  });
  expect(podRequests(subject).get('cpu')).toBe(2100n);
});
