import { X509Certificate } from 'node:crypto';
import { beforeEach, describe, expect, it } from 'vitest';
import type { KubeObject } from '../../api/kinds';
import { FakeClock } from '../../clock';
import { createCertificateAuthority, createServiceAccountKey, issueCertificate } from '../../cluster/certificates';
import type { ApiLister, Authenticator, UserInfo } from '../request';
import { createAuthenticator, impersonate, selfSubjectReview, tokenRequest, tokenReview, TokenSigner } from '.';

const issuer = 'https://kubernetes.default.svc';
const account = { metadata: { name: 'default', namespace: 'shop', uid: 'account-1' } };
const pod = { metadata: { name: 'web', namespace: 'shop', uid: 'pod-1' }, spec: { serviceAccountName: 'default', nodeName: 'node-1' } };
const node = { metadata: { name: 'node-1', uid: 'node-uid' } };

let clock: FakeClock;
let objects: Map<string, KubeObject>;
let lister: ApiLister;
let signer: TokenSigner;
let authenticator: Authenticator;

beforeEach(() => {
  clock = new FakeClock();
  objects = new Map<string, KubeObject>([['serviceaccounts/shop/default', account], ['pods/shop/web', pod], ['nodes//node-1', node]]);
  lister = {
    get: <T extends KubeObject>({ resource }: { resource: string }, namespace: string | undefined, name: string) => objects.get(`${resource}/${namespace ?? ''}/${name}`) as T | undefined,
    list: () => [],
    generation: () => 1,
  };
  signer = new TokenSigner({ issuer, ...createServiceAccountKey() }, clock);
  const staticTokens = new Map<string, UserInfo>([['secret', { name: 'jane', groups: ['dev'] }]]);
  authenticator = createAuthenticator({ lister, clock, signer, audiences: [issuer], staticTokens });
});

const bearer = (token: string) => authenticator.authenticate({ authorization: `Bearer ${token}` });

async function newToken(spec: object): Promise<string> {
  const handler = tokenRequest(signer, lister, [issuer], clock);
  const request = { object: { metadata: {}, spec } as unknown as KubeObject, parent: account, namespace: 'shop', name: 'default', user: { name: 'x', groups: [] }, dryRun: false, warn: () => {} };
  return ((await handler(request)) as unknown as { status: { token: string } }).status.token;
}

describe('authentication', () => {
  it('takes name and groups from a client certificate', async () => {
    const ca = createCertificateAuthority();
    const { cert } = issueCertificate(ca, { kind: 'client', commonName: 'jane', organizations: ['dev', 'ops'] });
    const peerCertificate = new X509Certificate(cert).raw;
    expect(authenticator.authenticate({ peerCertificate })).toEqual({ name: 'jane', groups: ['dev', 'ops', 'system:authenticated'] });
  });

  it('refuses a certificate that has expired since its connection was made, and takes a token beside it', async () => {
    const ca = createCertificateAuthority();
    const certificate = new X509Certificate(issueCertificate(ca, { kind: 'client', commonName: 'jane' }).cert);
    const peerCertificate = certificate.raw;
    expect(authenticator.authenticate({ peerCertificate })).toMatchObject({ name: 'jane' });
    await clock.advance(Date.parse(certificate.validTo) + 1 - clock.now());
    expect(() => authenticator.authenticate({ peerCertificate })).toThrow('Unauthorized');
    expect(authenticator.authenticate({ peerCertificate, authorization: 'Bearer secret' })).toMatchObject({ groups: ['dev', 'system:authenticated'] });
  });

  it('knows static tokens, and refuses tokens that nobody knows', () => {
    expect(bearer('secret')).toEqual({ name: 'jane', groups: ['dev', 'system:authenticated'] });
    expect(() => bearer('wrong')).toThrow('Unauthorized');
    expect(() => authenticator.authenticate({ authorization: 'Basic abc' })).toThrow('Unauthorized');
  });

  it('lets who shows nothing be anonymous', () => {
    expect(authenticator.authenticate({})).toEqual({ name: 'system:anonymous', groups: ['system:unauthenticated'] });
  });

  it('reads a token out of the WebSocket protocols', () => {
    const webSocketProtocols = `v4.channel.k8s.io, base64url.bearer.authorization.k8s.io.${Buffer.from('secret').toString('base64url')}`;
    expect(authenticator.authenticate({ webSocketProtocols })).toMatchObject({ name: 'jane' });
  });
});

describe('service account tokens', () => {
  it('name the account, its namespace and the pod they are bound to', async () => {
    const token = await newToken({ boundObjectRef: { apiVersion: 'v1', kind: 'Pod', name: 'web', uid: 'pod-1' } });
    expect(await bearer(token)).toMatchObject({
      name: 'system:serviceaccount:shop:default',
      uid: 'account-1',
      groups: ['system:serviceaccounts', 'system:serviceaccounts:shop', 'system:authenticated'],
      extra: { 'authentication.kubernetes.io/pod-name': ['web'], 'authentication.kubernetes.io/node-name': ['node-1'] },
    });
  });

  it.each([['serviceaccounts/shop/default'], ['pods/shop/web']])('end when %s is gone', async (key) => {
    const token = await newToken({ boundObjectRef: { apiVersion: 'v1', kind: 'Pod', name: 'web' } });
    await bearer(token);
    objects.delete(key);
    expect(() => bearer(token)).toThrow('Unauthorized');
  });

  it('expire', async () => {
    const token = await newToken({ expirationSeconds: 600 });
    await bearer(token);
    await clock.advance(601_000);
    expect(() => bearer(token)).toThrow('Unauthorized');
  });

  it('are refused when they were made for somebody else, or tampered with', async () => {
    await expect(bearer(await newToken({ audiences: ['vault'] }))).rejects.toThrow('Unauthorized');
    const [head, , signature] = (await newToken({})).split('.');
    const forged = Buffer.from(JSON.stringify({ iss: issuer, aud: [issuer], sub: 'x', exp: 9e9 })).toString('base64url');
    await expect(bearer(`${head}.${forged}.${signature}`)).rejects.toThrow('Unauthorized');
  });

  it('are not made for less than ten minutes, nor for a pod of another account', async () => {
    await expect(newToken({ expirationSeconds: 60 })).rejects.toThrow('spec.expirationSeconds: Invalid value: 60: may not specify a duration less than 10 minutes');
    objects.set('pods/shop/web', { ...pod, spec: { serviceAccountName: 'other' } } as KubeObject);
    await expect(newToken({ boundObjectRef: { apiVersion: 'v1', kind: 'Pod', name: 'web' } })).rejects.toThrow('different serviceaccount name');
  });
});

describe('reviews', () => {
  const request = (object: object) => ({ object: object as KubeObject, user: { name: 'jane', groups: ['dev'] }, namespace: '', name: '', dryRun: false, warn: () => {} });

  it('tell who a token is, or that it is nobody', async () => {
    const review = tokenReview(authenticator, [issuer]);
    expect(await review(request({ metadata: {}, spec: { token: 'secret' } }))).toMatchObject({ status: { authenticated: true, user: { username: 'jane' }, audiences: [issuer] } });
    expect(await review(request({ metadata: {}, spec: { token: 'wrong' } }))).toMatchObject({ status: { error: 'invalid bearer token' } });
  });

  it('tell who the request itself is', () => {
    expect(selfSubjectReview(clock)(request({ metadata: {} }))).toMatchObject({ status: { userInfo: { username: 'jane', groups: ['dev'] } } });
  });
});

describe('impersonation', () => {
  const jane: UserInfo = { name: 'jane', groups: [] };
  const allow = (...resources: string[]) => ({ authorize: (_user: UserInfo, { resource }: { resource: string }) => ({ allowed: resources.includes(resource) }) });

  it('acts as the user and groups that the headers name', () => {
    const headers = { 'impersonate-user': ['bob'], 'impersonate-group': ['a,b', 'c'] };
    expect(impersonate(jane, headers, allow('users', 'groups'))).toEqual({ name: 'bob', groups: ['a,b', 'c', 'system:authenticated'] });
  });

  it('gives a service account its groups', () => {
    const headers = { 'impersonate-user': ['system:serviceaccount:shop:default'] };
    expect(impersonate(jane, headers, allow('serviceaccounts')).groups).toEqual(['system:serviceaccounts', 'system:serviceaccounts:shop', 'system:authenticated']);
  });

  it('needs the right to each part', () => {
    const headers = { 'impersonate-user': ['bob'], 'impersonate-group': ['ops'] };
    expect(() => impersonate(jane, headers, allow('users'))).toThrow('groups "ops" is forbidden: User "jane" cannot impersonate resource "groups" in API group "" at the cluster scope');
    expect(() => impersonate(jane, { 'impersonate-group': ['ops'] }, allow('groups'))).toThrow('without a user name');
  });
});
