import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { configMap, deployment, paths, pod, service } from './objects';
import { TestServer } from './test-server';

let server: TestServer;
beforeAll(async () => {
  server = await TestServer.start();
  await server.create(paths.configMaps, configMap('target', { a: 'b' }));
});
afterAll(() => server.close());

/** Always the same stream of numbers, so that a failure can be repeated. */
function random(seed: number) {
  let state = seed;
  return (below: number) => (state = (Math.imul(state, 1103515245) + 12345) & 0x7fffffff) % below;
}

const values = [null, 0, -1, 1e308, '', 'x', '😀', true, [], {}, [null], { a: null }, '10.0.0.1', 99999999999999999999];

/** The value with one of its parts replaced. */
function mutate(value: unknown, next: (below: number) => number): unknown {
  if (typeof value !== 'object' || value === null || next(4) === 0) return values[next(values.length)];
  if (Array.isArray(value)) return value.length === 0 ? [values[next(values.length)]] : value.map((item, i) => (i === 0 ? mutate(item, next) : item));
  const keys = Object.keys(value);
  if (keys.length === 0) return { ['__proto__x']: values[next(values.length)] };
  const key = keys[next(keys.length)]!;
  return { ...value, [key]: mutate((value as Record<string, unknown>)[key], next) };
}

describe('whatever a client sends', () => {
  it('is answered, and never by an internal error', async () => {
    const next = random(42);
    const bases: [string, unknown][] = [
      [paths.configMaps, configMap('f', { a: 'b' })], [paths.pods, pod('f', { nodeName: 'n' })],
      [paths.services, service('f')], [paths.deployments, deployment('f')],
    ];
    for (let i = 0; i < 800; i++) {
      const [path, base] = bases[next(bases.length)]!;
      const body = mutate(base, next);
      const reply = await server.call({ method: 'POST', path, body: JSON.stringify(body) });
      expect(reply.code === 500 && reply.text, JSON.stringify(body)).toBe(false);
    }
  });

  it('as a patch too', async () => {
    const next = random(7);
    for (let i = 0; i < 400; i++) {
      const type = (['merge', 'strategic', 'json'] as const)[next(3)]!;
      const patch = type === 'json' ? mutate([{ op: 'replace', path: '/data/a', value: 'x' }], next) : mutate({ metadata: { labels: { a: 'b' } }, data: { a: 'c' } }, next);
      const reply = await server.patch(`${paths.configMaps}/target`, type, JSON.stringify(patch));
      expect(reply.code === 500 && reply.text, `${type} ${JSON.stringify(patch)}`).toBe(false);
    }
  });

  it('in a URL as well', async () => {
    const next = random(3);
    const pieces = ['/api', '/apis', '/v1', '/apps', '/namespaces', '/default', '/pods', '/x', '//', '/%2F', '/%zz', '/watch', '/status', '?watch=1&timeoutSeconds=1', '?limit=-1', '?fieldSelector=,', '?labelSelector=(', '&continue=x', '?resourceVersion=-1'];
    for (let i = 0; i < 600; i++) {
      const path = Array.from({ length: 1 + next(7) }, () => pieces[next(pieces.length)]).join('').replace(/\s/g, '');
      const method = ['GET', 'POST', 'PUT', 'DELETE', 'PATCH'][next(5)]!;
      if (method === 'DELETE' || path.includes('watch')) continue;
      const reply = await server.call({ method, path, ...(method === 'GET' ? {} : { body: '{}' }) });
      expect(reply.code === 500 && reply.text, `${method} ${path}`).toBe(false);
    }
    expect((await server.call({ path: '/healthz' })).text).toBe('ok');
  });
});
