import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { CustomResourceDefinition } from '../../runtime/api/kinds';
import type { UntypedObject } from '../../runtime/api/object';
import { WebhookClient } from '../../runtime/apiserver/admission/webhook/call';
import { createCertificateAuthority, issueCertificate } from '../../runtime/cluster/certificates';
import { eventually } from '../support/test-cluster';
import { TestServer } from './test-server';

interface Review {
  request: { uid: string; desiredAPIVersion: string; objects: (UntypedObject & { hostPort?: string; host?: string; port?: string })[] };
}

/** As upstream's sample: v1 has `hostPort`, v2 has `host` and `port`. */
function convert({ request }: Review) {
  const convertedObjects = request.objects.map(({ hostPort, host, port, ...object }) =>
    request.desiredAPIVersion.endsWith('/v2')
      ? { ...object, apiVersion: request.desiredAPIVersion, host: hostPort?.split(':')[0], port: hostPort?.split(':')[1] }
      : { ...object, apiVersion: request.desiredAPIVersion, hostPort: `${host}:${port}` });
  return { apiVersion: 'apiextensions.k8s.io/v1', kind: 'ConversionReview', response: { uid: request.uid, result: { status: 'Success' }, convertedObjects } };
}

let server: TestServer;
let webhook: Server;
let calls = 0;
let refuse = '';
beforeAll(async () => {
  const ca = createCertificateAuthority();
  webhook = createServer(issueCertificate(ca, { kind: 'serving', commonName: 'hook', names: ['localhost'], ips: ['127.0.0.1'] }), (request, response) => {
    let body = '';
    request.on('data', (chunk: Buffer) => (body += chunk.toString())).on('end', () => {
      calls++;
      const review = JSON.parse(body) as Review;
      response.end(JSON.stringify(refuse ? { response: { uid: review.request.uid, result: { status: 'Failed', message: refuse } } } : convert(review)));
    });
  });
  await new Promise<void>((resolve) => webhook.listen(0, '127.0.0.1', resolve));
  server = await TestServer.start({ components: ({ lister }) => ({ conversionWebhooks: new WebhookClient(lister) }) });
  await server.create('/api/v1/namespaces', { metadata: { name: 'default' } });
  const clientConfig = { url: `https://127.0.0.1:${(webhook.address() as AddressInfo).port}/convert`, caBundle: Buffer.from(ca.cert).toString('base64') };
  await server.create(definitions, definition({ strategy: 'Webhook', webhook: { clientConfig, conversionReviewVersions: ['v1'] } }));
  await eventually(async () => expect((await server.call({ path: at('v1') })).code).toBe(200));
});
afterAll(async () => {
  await server.close();
  webhook.close();
});

const definitions = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions';
const string = { type: 'string' };
const schemaOf = (properties: object) => ({ openAPIV3Schema: { type: 'object', properties } });
const v1 = { hostPort: string };
const v2 = { host: string, port: string };
const definition = (conversion: object) => ({
  metadata: { name: 'endpoints.stable.example.com' },
  spec: {
    group: 'stable.example.com', scope: 'Namespaced', names: { plural: 'endpoints', kind: 'HostEndpoint' }, conversion, preserveUnknownFields: false,
    versions: [{ name: 'v1', served: true, storage: true, schema: schemaOf(v1) }, { name: 'v2', served: true, storage: false, schema: schemaOf(v2) }],
  },
});
const at = (version: string, name = '') => `/apis/stable.example.com/${version}/namespaces/default/endpoints${name && `/${name}`}`;
const make = (version: string, name: string, fields: object) =>
  server.create(at(version), { apiVersion: `stable.example.com/${version}`, kind: 'HostEndpoint', metadata: { name }, ...fields });
const read = async (version: string, name: string) => (await server.call({ path: at(version, name) })).as();

describe('a custom resource whose versions a webhook converts', () => {
  it('is read and written in each of them', async () => {
    await make('v1', 'one', { hostPort: 'localhost:80' });
    expect(await read('v2', 'one')).toMatchObject({ apiVersion: 'stable.example.com/v2', host: 'localhost', port: '80', metadata: { name: 'one' } });
    const created = await make('v2', 'two', { host: 'example.com', port: '443' });
    expect(created).toMatchObject({ apiVersion: 'stable.example.com/v2', host: 'example.com' });
    expect(await read('v1', 'two')).toMatchObject({ apiVersion: 'stable.example.com/v1', hostPort: 'example.com:443' });
    const patched = await server.patch(at('v2', 'one'), 'merge', { port: '81', metadata: { labels: { a: 'b' } } });
    expect(patched.as()).toMatchObject({ host: 'localhost', port: '81', metadata: { labels: { a: 'b' } } });
    expect(await read('v1', 'one')).toMatchObject({ hostPort: 'localhost:81', metadata: { labels: { a: 'b' }, uid: patched.as().metadata.uid } });
  });

  it('is converted once a revision, however often it is read', async () => {
    await read('v2', 'one');
    const before = calls;
    for (let i = 0; i < 3; i++) await read('v2', 'one');
    expect(calls).toBe(before);
  });

  it('is watched in the version that was asked for', async () => {
    const watch = server.watch(`${at('v2')}?watch=true&fieldSelector=metadata.name%3Dthree`);
    await make('v1', 'three', { hostPort: 'h:1' });
    await server.patch(at('v1', 'three'), 'merge', { hostPort: 'h:2' });
    await server.call({ method: 'DELETE', path: at('v1', 'three') });
    const events = await watch.events(3);
    expect(events.map(({ type, object }) => [type, object.apiVersion, object['port']])).toEqual([
      ['ADDED', 'stable.example.com/v2', '1'], ['MODIFIED', 'stable.example.com/v2', '2'], ['DELETED', 'stable.example.com/v2', '2'],
    ]);
    watch.close();
  });

  it('is listed in one version, whichever it was stored in', async () => {
    await server.patch(`${definitions}/endpoints.stable.example.com`, 'json', [
      { op: 'replace', path: '/spec/versions/0/storage', value: false }, { op: 'replace', path: '/spec/versions/1/storage', value: true },
    ]);
    await eventually(async () => {
      const { status } = (await server.call({ path: `${definitions}/endpoints.stable.example.com` })).as<CustomResourceDefinition>();
      expect(status?.storedVersions).toEqual(['v1', 'v2']);
    });
    await make('v2', 'four', { host: 'h', port: '4' });
    const ports = async (version: string, field: string) => (await server.call({ path: at(version) })).as<{ items: UntypedObject[] }>().items.map((item) => [item.apiVersion, item.metadata.name, item[field]]);
    expect(await ports('v2', 'port')).toEqual([['stable.example.com/v2', 'four', '4'], ['stable.example.com/v2', 'one', '81'], ['stable.example.com/v2', 'two', '443']]);
    expect(await ports('v1', 'hostPort')).toEqual([['stable.example.com/v1', 'four', 'h:4'], ['stable.example.com/v1', 'one', 'localhost:81'], ['stable.example.com/v1', 'two', 'example.com:443']]);
  });

  it('can not be read while its webhook refuses', async () => {
    await server.patch(at('v2', 'four'), 'merge', { port: '5' });
    refuse = 'not today';
    expect((await server.call({ path: at('v1', 'four') })).failure).toBe('500 InternalError: Internal error occurred: conversion webhook for stable.example.com/v2, Kind=HostEndpoint failed: not today');
    refuse = '';
    expect(await read('v1', 'four')).toMatchObject({ hostPort: 'h:5' });
  });
});

describe('a custom resource whose schema changes', () => {
  it('has the defaults of now, also of what was stored before', async () => {
    const name = 'things.stable.example.com';
    const version = (properties: object) => [{ name: 'v1', served: true, storage: true, schema: schemaOf(properties) }];
    await server.create(definitions, {
      metadata: { name }, spec: { group: 'stable.example.com', scope: 'Namespaced', names: { plural: 'things', kind: 'Thing' }, versions: version({ a: string, b: string }) },
    });
    const path = '/apis/stable.example.com/v1/namespaces/default/things';
    await eventually(async () => expect((await server.call({ path })).code).toBe(200));
    await server.create(path, { apiVersion: 'stable.example.com/v1', kind: 'Thing', metadata: { name: 'x' } });
    const seen = async () => (await server.call({ path: `${path}/x` })).as();
    expect((await seen())['a']).toBeUndefined();
    const change = (properties: object) => server.patch(`${definitions}/${name}`, 'merge', { spec: { versions: version(properties) } });
    await change({ a: { ...string, default: 'A' }, b: string });
    await eventually(async () => expect((await seen())['a']).toBe('A'));
    expect((await server.call({ path })).as<{ items: UntypedObject[] }>().items[0]!['a']).toBe('A');
    await server.create(path, { apiVersion: 'stable.example.com/v1', kind: 'Thing', metadata: { name: 'y' } });
    await change({ a: string, b: { ...string, default: 'B' } });
    await eventually(async () => expect((await server.call({ path: `${path}/y` })).as()).toMatchObject({ a: 'A', b: 'B' }));
  });
});
