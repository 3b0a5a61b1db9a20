import { createServer } from 'node:https';
import type { Server } from 'node:https';
import { connect } from 'node:net';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { KubeObject, Pod } from '../../../api/kinds';
import { createCertificateAuthority, issueCertificate } from '../../../cluster/certificates';
import { attributesFor, FakeLister, namespace, outcome, pod } from '../testing/admission';
import { WebhookClient } from './call';
import { mutatingWebhooks, validatingWebhooks } from './webhooks';

interface ReviewRequest {
  uid: string;
  object?: KubeObject;
  [field: string]: unknown;
}
type Answer = (request: ReviewRequest, path: string) => object | string;

let server: Server;
let port: number;
let caBundle: string;
let answer: Answer;
let asked: { path: string; request: ReviewRequest }[];

beforeAll(async () => {
  const ca = createCertificateAuthority();
  caBundle = Buffer.from(ca.cert).toString('base64');
  const pair = issueCertificate(ca, { kind: 'serving', commonName: 'hook', names: ['hook.tools.svc'], ips: ['127.0.0.1'] });
  server = createServer(pair, (request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const review = JSON.parse(Buffer.concat(chunks).toString()) as { apiVersion: string; kind: string; request: ReviewRequest };
      asked.push({ path: request.url!, request: review.request });
      const given = answer(review.request, request.url!);
      if (typeof given === 'string') response.writeHead(given === '' ? 500 : 200).end(given);
      else response.end(JSON.stringify({ apiVersion: review.apiVersion, kind: review.kind, response: { uid: review.request.uid, ...given } }));
    });
  });
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  ({ port } = server.address() as AddressInfo);
});

afterAll(() => {
  server.closeAllConnections();
  return new Promise((resolve) => void server.close(resolve));
});

beforeEach(() => {
  asked = [];
  answer = () => ({ allowed: true });
});

const rules = [{ apiGroups: [''], apiVersions: ['v1'], operations: ['CREATE'], resources: ['pods'] }];
const hook = (name: string, fields: object = {}, path = '/') => ({
  name, admissionReviewVersions: ['v1'], sideEffects: 'None', failurePolicy: 'Fail', timeoutSeconds: 5, rules,
  clientConfig: { url: `https://127.0.0.1:${port}${path}`, caBundle }, ...fields,
});
const configuration = (kind: 'Mutating' | 'Validating', ...webhooks: object[]) =>
  ({ apiVersion: 'admissionregistration.k8s.io/v1', kind: `${kind}WebhookConfiguration`, metadata: { name: 'c' }, webhooks });
const setup = (...objects: object[]) => {
  const lister = new FakeLister(namespace('shop', 'Active', { env: 'prod' }), ...objects);
  return { lister, client: new WebhookClient(lister) };
};
const validate = (object: object, ...webhooks: object[]) =>
  outcome(validatingWebhooks(setup(configuration('Validating', ...webhooks))), attributesFor(object));
const mutate = (object: object, ...webhooks: object[]) =>
  outcome(mutatingWebhooks(setup(configuration('Mutating', ...webhooks))), attributesFor(object));
const patch = (...operations: object[]) => ({ allowed: true, patchType: 'JSONPatch', patch: Buffer.from(JSON.stringify(operations)).toString('base64') });

describe('validating webhooks', () => {
  it('hear of the request what kube-apiserver tells', async () => {
    expect(await validate(pod(), hook('a.example.com', {}, '/check'))).toBe('admitted');
    expect(asked[0]!.path).toBe('/check?timeout=5s');
    expect(asked[0]!.request).toMatchObject({
      kind: { group: '', version: 'v1', kind: 'Pod' }, resource: { group: '', version: 'v1', resource: 'pods' }, name: 'web', namespace: 'shop', operation: 'CREATE',
      userInfo: { username: 'jane' }, dryRun: false, options: { kind: 'CreateOptions', apiVersion: 'meta.k8s.io/v1' }, oldObject: null,
      object: { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'web' } },
    });
  });

  it.each([
    ['with a message', { allowed: false, status: { message: 'no', code: 403 } }, '403 admission webhook "a.example.com" denied the request: no'],
    ['with a reason', { allowed: false, status: { reason: 'Because' } }, '400 admission webhook "a.example.com" denied the request: Because'],
    ['without a word', { allowed: false }, '400 admission webhook "a.example.com" denied the request without explanation'],
    ['by an answer to another question', { allowed: true, uid: 'x' }, expect.stringMatching(/^500 Internal error occurred: failed calling webhook "a.example.com": received invalid webhook response: expected response.uid="[-0-9a-f]+", got "x"$/)],
    ['by an error', '', '500 Internal error occurred: failed calling webhook "a.example.com": failed to call webhook: the server responded with the status code 500 but did not return more information'],
    ['by a patch that they may not give', patch({ op: 'remove', path: '/spec' }), '500 Internal error occurred: failed calling webhook "a.example.com": received invalid webhook response: validating webhook may not return response.patch'],
  ])('refuse %s', async (_name, given, expected) => {
    answer = () => given;
    expect(await validate(pod(), hook('a.example.com'))).toEqual(expected);
  });

  it('hear of a connection its options, and may refuse it', async () => {
    answer = ({ object }) => ({ allowed: !(object as { stdin?: boolean }).stdin, status: { message: 'not with input' } });
    const attach = [{ apiGroups: [''], apiVersions: ['v1'], operations: ['CONNECT'], resources: ['pods/attach'] }];
    const connecting = (options: object) => outcome(
      validatingWebhooks(setup(configuration('Validating', hook('attach.example.com', { rules: attach })))),
      { ...attributesFor(pod({})), operation: 'CONNECT', subresource: 'attach', object: { kind: 'PodAttachOptions', apiVersion: 'v1', ...options } as never },
    );
    expect(await connecting({})).toBe('admitted');
    expect(await connecting({ stdin: true })).toContain('admission webhook "attach.example.com" denied the request: not with input');
    const [, { request }] = asked as [unknown, { request: ReviewRequest }];
    expect(request).toMatchObject({
      kind: { group: '', version: 'v1', kind: 'PodAttachOptions' }, subResource: 'attach', operation: 'CONNECT', options: null,
      object: { kind: 'PodAttachOptions', apiVersion: 'v1', stdin: true },
    });
  });

  it('that nobody answers fail or are passed over, as they say', async () => {
    const closed = { clientConfig: { url: 'https://127.0.0.1:1/x', caBundle } };
    expect(await validate(pod(), hook('a.example.com', closed))).toBe(
      '500 Internal error occurred: failed calling webhook "a.example.com": failed to call webhook: Post "https://127.0.0.1:1/x?timeout=5s": dial tcp 127.0.0.1:1: connect: connection refused');
    expect(await validate(pod(), hook('a.example.com', { ...closed, failurePolicy: 'Ignore' }))).toBe('admitted');
  });

  it('show a certificate of the authority that they name', async () => {
    const trusting = { clientConfig: { url: `https://127.0.0.1:${port}/` } };
    expect(await validate(pod(), hook('a.example.com', trusting))).toContain('tls: failed to verify certificate: x509: certificate signed by unknown authority');
  });

  it.each([
    ['another resource', { rules: [{ ...rules[0], resources: ['services'] }] }],
    ['a subresource', { rules: [{ ...rules[0], resources: ['pods/status'] }] }],
    ['another namespace', { namespaceSelector: { matchLabels: { env: 'test' } } }],
    ['another object', { objectSelector: { matchLabels: { app: 'x' } } }],
    ['cluster objects', { rules: [{ ...rules[0], scope: 'Cluster' }] }],
    ['what its conditions leave out', { matchConditions: [{ name: 'c', expression: "object.metadata.name != 'web'" }] }],
  ])('about %s are not asked', async (_name, fields) => {
    await validate(pod(), hook('a.example.com', fields));
    expect(asked).toEqual([]);
  });

  it('are reached as a Service', async () => {
    const lister = new FakeLister(
      configuration('Validating', hook('a.example.com', { clientConfig: { service: { namespace: 'tools', name: 'hook', path: '/x', port: 443 }, caBundle } })),
      { apiVersion: 'v1', kind: 'Service', metadata: { name: 'hook', namespace: 'tools' }, spec: { clusterIP: '10.96.0.9', ports: [{ port: 443, targetPort: 8443 }] } },
      {
        apiVersion: 'discovery.k8s.io/v1', kind: 'EndpointSlice', addressType: 'IPv4',
        metadata: { name: 'hook-1', namespace: 'tools', labels: { 'kubernetes.io/service-name': 'hook' } },
        endpoints: [{ addresses: ['10.244.1.5'] }], ports: [{ name: '', port: 8443 }],
      });
    const dialled: string[] = [];
    const client = new WebhookClient(lister, async (host, wanted) => {
      dialled.push(`${host}:${wanted}`);
      return connect(port, '127.0.0.1');
    });
    expect(await outcome(validatingWebhooks({ lister, client }), attributesFor(pod()))).toBe('admitted');
    expect([dialled, asked[0]!.path]).toEqual([['10.244.1.5:8443'], '/x?timeout=5s']);
    lister.remove('discovery.k8s.io', 'endpointslices', 'tools', 'hook-1');
    expect(await outcome(validatingWebhooks({ lister, client }), attributesFor(pod()))).toContain(
      'failed to call webhook: Post "https://hook.tools.svc:443/x?timeout=5s": no endpoints available for service "hook"');
  });

  it('with side effects take no part in a dry run', async () => {
    const plugin = validatingWebhooks(setup(configuration('Validating', hook('a.example.com', { sideEffects: 'Some' }))));
    expect(await outcome(plugin, attributesFor(pod(), { dryRun: true }))).toBe('400 admission webhook "a.example.com" does not support dry run');
  });

  it('may warn', async () => {
    answer = () => ({ allowed: true, warnings: ['careful'] });
    const attributes = attributesFor(pod());
    await outcome(validatingWebhooks(setup(configuration('Validating', hook('a.example.com')))), attributes);
    expect(attributes.warnings).toEqual(['careful']);
  });
});

describe('mutating webhooks', () => {
  it('change the object, each what the one before made of it', async () => {
    answer = ({ object }, path) => path.startsWith('/sidecar')
      ? patch({ op: 'add', path: '/spec/containers/-', value: { name: 'sidecar', image: 'proxy:1' } })
      : patch({ op: 'add', path: '/metadata/labels', value: { containers: String((object as Pod).spec!.containers.length) } });
    const object = pod() as unknown as Pod;
    const { metadata } = object;
    expect(await mutate(object, hook('a.example.com', {}, '/sidecar'), hook('b.example.com', {}, '/label'))).toBe('admitted');
    expect(object.metadata).toBe(metadata);
    expect(object.metadata.labels).toEqual({ containers: '2' });
    expect(object.spec!.containers[1]).toMatchObject({ name: 'sidecar', imagePullPolicy: 'IfNotPresent', terminationMessagePolicy: 'File' });
  });

  it('that want to are asked again after a later change', async () => {
    answer = (_request, path) => path.startsWith('/a') ? { allowed: true } : patch({ op: 'add', path: '/metadata/labels', value: { x: 'y' } });
    await mutate(pod(), hook('a.example.com', { reinvocationPolicy: 'IfNeeded' }, '/a'), hook('b.example.com', {}, '/b'));
    expect(asked.map(({ path }) => path[1])).toEqual(['a', 'b', 'a']);
  });

  it.each([
    ['a patch that does not fit', patch({ op: 'remove', path: '/spec/nothing/there' }), 'failed calling webhook "a.example.com"'],
    ['a patch that makes no pod', patch({ op: 'replace', path: '/spec/containers', value: 'x' }), 'failed calling webhook "a.example.com": spec.containers'],
    ['a patch without its type', { allowed: true, patch: 'W10=' }, 'webhook returned response.patch but not response.patchType'],
    ['a denial', { allowed: false, status: { message: 'no' } }, 'admission webhook "a.example.com" denied the request: no'],
  ])('fail with %s', async (_name, given, expected) => {
    answer = () => given;
    expect(await mutate(pod(), hook('a.example.com'))).toContain(expected);
  });
});
