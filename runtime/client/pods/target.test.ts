import { describe, expect, it } from 'vitest';
import type { Live, Pod, Service } from '../../api/kinds';
import { parsePortPair } from './forward';
import { parseTarget, podPort, TargetError } from './target';

describe('what to connect to', () => {
  it.each([
    ['web-1', 'pod', 'web-1'],
    ['po/web-1', 'pod', 'web-1'],
    ['svc/web', 'service', 'web'],
    ['deployments.apps/web', 'deployment', 'web'],
    ['Deployment/web', 'deployment', 'web'],
    ['sts/db', 'statefulset', 'db'],
  ])('%s', (text, kind, name) => {
    expect(parseTarget(text, 'default')).toEqual({ kind, namespace: 'default', name });
  });

  it.each(['', '/', 'svc/', '/web', 'a/b/c', 'ingress/web'])('not %j', (text) => {
    expect(() => parseTarget(text, 'default')).toThrow(TargetError);
  });
});

describe('pairs of ports', () => {
  it.each([
    ['80', 80, '80'],
    ['8080:80', 8080, '80'],
    [':80', 0, '80'],
    ['http', 0, 'http'],
    ['8080:http', 8080, 'http'],
  ])('%s', (text, local, remote) => {
    expect(parsePortPair(text)).toEqual({ local, remote });
  });

  it.each(['', ':', '0:80', '80:', '80:80:80', '70000', '8080:0', 'a b', '-1:80', '8080:65536'])('not %j', (text) => {
    expect(() => parsePortPair(text)).toThrow(TargetError);
  });
});

describe('the port of a pod', () => {
  const pod = {
    metadata: { name: 'web-1' },
    spec: { containers: [{ name: 'a' }, { name: 'b', ports: [{ name: 'http', containerPort: 8080 }] }] },
  } as unknown as Live<Pod>;
  const service = {
    metadata: { name: 'web' },
    spec: { ports: [{ name: 'site', port: 80, targetPort: 'http' }, { port: 443, targetPort: 8443 }, { port: 9 }] },
  } as unknown as Live<Service>;

  it('is a number, or that of a name', () => {
    expect(podPort('81', pod)).toBe(81);
    expect(podPort('http', pod)).toBe(8080);
    expect(() => podPort('https', pod)).toThrow('pod "web-1" has no port named "https"');
  });

  it("is the target of a Service's port", () => {
    expect([
      podPort('80', pod, service),
      podPort('site', pod, service),
      podPort('443', pod, service),
      podPort('9', pod, service),
    ]).toEqual([8080, 8080, 8443, 9]);
    expect(() => podPort('81', pod, service)).toThrow('service "web" has no port 81');
  });
});
