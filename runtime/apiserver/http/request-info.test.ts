import { describe, expect, it } from 'vitest';
import { parseRequest, RequestParser } from './request-info';

const cases: [method: string, url: string, expected: string][] = [
  ['GET', '/api/v1/namespaces/default/pods/web', 'get /v1 pods default/web'],
  ['GET', '/api/v1/namespaces/default/pods', 'list /v1 pods default/'],
  ['GET', '/api/v1/pods', 'list /v1 pods /'],
  ['GET', '/api/v1/pods?watch=true', 'watch /v1 pods /'],
  ['GET', '/api/v1/pods?watch=0', 'list /v1 pods /'],
  ['GET', '/api/v1/watch/namespaces/default/pods', 'watch /v1 pods default/'],
  ['GET', '/api/v1/watch/namespaces/default/pods/web', 'watch /v1 pods default/web'],
  ['GET', '/api/v1/pods?fieldSelector=metadata.name%3Dweb', 'list /v1 pods /web'],
  ['POST', '/api/v1/namespaces/default/pods', 'create /v1 pods default/'],
  ['POST', '/api/v1/namespaces/default/pods/web/binding', 'create /v1 pods/binding default/web'],
  ['PUT', '/apis/apps/v1/namespaces/x/deployments/web/scale', 'update apps/v1 deployments/scale x/web'],
  ['PATCH', '/apis/apps/v1/namespaces/x/deployments/web', 'patch apps/v1 deployments x/web'],
  ['DELETE', '/api/v1/namespaces/x/pods', 'deletecollection /v1 pods x/'],
  ['DELETE', '/api/v1/namespaces/x', 'delete /v1 namespaces x/x'],
  ['GET', '/api/v1/namespaces/x/status', 'get /v1 namespaces/status x/x'],
  ['PUT', '/api/v1/namespaces/x/finalize', 'update /v1 namespaces/finalize x/x'],
  ['GET', '/api/v1/namespaces', 'list /v1 namespaces /'],
  ['GET', '/api/v1/nodes/n1/proxy/logs/', 'get /v1 nodes/proxy /n1'],
  ['GET', '/healthz', 'get /healthz'],
  ['GET', '/apis/apps/v1', 'get /apis/apps/v1'],
  ['GET', '/api/v1', 'get /api/v1'],
  ['POST', '/nonsense', 'post /nonsense'],
];

describe('what a request is about', () => {
  it.each(cases)('%s %s', (method, url, expected) => {
    const { info } = parseRequest(method, url);
    const resource = info.subresource ? `${info.resource}/${info.subresource}` : info.resource;
    const text = info.isResourceRequest
      ? `${info.verb} ${info.group}/${info.version} ${resource} ${info.namespace}/${info.name}`
      : `${info.verb} ${info.path}`;
    expect(text).toBe(expected);
  });

  it('keeps what follows a proxied object, with its slash', () => {
    expect(parseRequest('GET', '/api/v1/nodes/n1/proxy/logs/a/').rest).toBe('/logs/a/');
    expect(parseRequest('GET', '/api/v1/nodes/n1/proxy').rest).toBe('');
  });

  it('a name out of a field selector is not a name in the path', () => {
    expect(parseRequest('GET', '/api/v1/pods?fieldSelector=metadata.name=web').named).toBe(false);
    expect(parseRequest('GET', '/api/v1/namespaces/a/pods/web').named).toBe(true);
  });

  it('remembers as many URLs as it was given room for, and none that is long', () => {
    const parser = new RequestParser(2);
    const first = parser.parse('GET', '/api/v1/pods');
    expect(parser.parse('GET', '/api/v1/pods')).toBe(first);
    parser.parse('GET', '/api/v1/nodes');
    parser.parse('GET', '/api/v1/services');
    expect(parser.parse('GET', '/api/v1/pods')).not.toBe(first);
    const long = `/api/v1/pods?labelSelector=${'a'.repeat(600)}`;
    expect(parser.parse('GET', long)).not.toBe(parser.parse('GET', long));
  });
});
