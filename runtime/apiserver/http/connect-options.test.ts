import { describe, expect, it } from 'vitest';
import { connectOptions } from './connect-options';
import { parseQuery } from './query';

const of = (resource: string, subresource: string, query: string) => connectOptions(resource, subresource, parseQuery(query));

describe('options of connecting requests', () => {
  it.each([
    ['pods', 'attach', 'container=main&stdin=true&stdout=1&tty=false', { kind: 'PodAttachOptions', container: 'main', stdin: true, stdout: true }],
    ['pods', 'exec', 'command=ls&command=-l&stderr=&stdin=0', { kind: 'PodExecOptions', command: ['ls', '-l'], stderr: true }],
    ['pods', 'portforward', 'ports=80&ports=443', { kind: 'PodPortForwardOptions', ports: [80, 443] }],
    ['services', 'proxy', '', { kind: 'ServiceProxyOptions' }],
    ['nodes', 'proxy', 'path=/healthz&other=1', { kind: 'NodeProxyOptions', path: '/healthz' }],
  ])('%s/%s?%s', (resource, subresource, query, expected) => {
    expect(of(resource, subresource, query)).toEqual({ apiVersion: 'v1', ...expected });
  });

  it('are no object of a log, which is an ordinary read', () => {
    expect(of('pods', 'log', 'follow=true')).toBeUndefined();
  });
});
