import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import {
  defaultKubeconfigPath, KubeconfigError, loadKubeconfig, mergeKubeconfigFile, namespaceOf, parseKubeconfig, removeFromKubeconfigFile, transportOptions,
} from './kubeconfig';
import { proxyFor } from './proxy-environment';

const root = mkdtempSync(join(tmpdir(), 'podium-kubeconfig-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));
let counter = 0;
const folder = () => {
  const path = join(root, String(++counter));
  mkdirSync(path);
  return path;
};

const pem = '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n';
const pem64 = Buffer.from(pem).toString('base64');

const config = (name: string, user = 'token: t', cluster = '') => `
apiVersion: v1
kind: Config
current-context: ${name}
clusters:
- name: ${name}
  cluster: {server: "https://${name}:6443"${cluster}}
contexts:
- name: ${name}
  context: {cluster: ${name}, user: ${name}, namespace: ns-${name}}
users:
- name: ${name}
  user: {${user}}
`;

describe('a kubeconfig', () => {
  it.each([
    ['a token', 'token: secret', { token: 'secret' }],
    ['basic authentication', 'username: u, password: p', { basic: { username: 'u', password: 'p' } }],
    ['embedded certificates', `client-certificate-data: ${pem64}, client-key-data: ${pem64}`, { cert: pem, key: pem }],
    ['a token file', 'tokenFile: token', { tokenFile: '/base/token' }],
    ['impersonation', 'token: t, as: jane, as-uid: "7", as-groups: [g], as-user-extra: {scope: [x]}',
      { impersonate: { userName: 'jane', uid: '7', groups: ['g'], extra: { scope: ['x'] } } }],
  ])('gives %s', (_, user, expected) => {
    expect(transportOptions(parseKubeconfig(config('a', user), 'test', '/base'))).toMatchObject({ server: 'https://a:6443', ...expected });
  });

  it('gives how to trust and reach the server', () => {
    const text = config('a', 'token: t', `, certificate-authority-data: ${pem64}, tls-server-name: real, insecure-skip-tls-verify: true, proxy-url: "http://proxy:3128"`);
    expect(transportOptions(parseKubeconfig(text, 'test'))).toMatchObject({
      ca: pem, tlsServerName: 'real', insecureSkipTlsVerify: true, proxy: 'http://proxy:3128',
    });
  });

  it('reads files that it names relative to itself', () => {
    const base = folder();
    writeFileSync(join(base, 'ca.pem'), pem);
    writeFileSync(join(base, 'config'), config('a', 'token: t', ', certificate-authority: ca.pem'));
    expect(transportOptions(loadKubeconfig([join(base, 'config')])).ca).toBe(pem);
  });

  it('out of several files has the first entry of each name and the first current context', () => {
    const base = folder();
    const [one, two, three] = [join(base, 'one'), join(base, 'two'), join(base, 'three')];
    writeFileSync(one, config('a', 'token: first'));
    writeFileSync(two, config('a', 'token: second').replaceAll('https://a', 'https://other'));
    writeFileSync(three, config('b'));
    const merged = loadKubeconfig([join(base, 'missing'), one, two, three]);
    expect(transportOptions(merged, 'b').server).toBe('https://b:6443');
    expect(merged.currentContext).toBe('a');
    expect(transportOptions(merged)).toMatchObject({ server: 'https://a:6443', token: 'first' });
    expect(namespaceOf(merged)).toBe('ns-a');
  });

  it.each([
    ['is no YAML', 'a: [', /^test: not YAML: /],
    ['lacks a cluster name', 'clusters: [{cluster: {server: "https://x"}}]', /^test: clusters\[0\]\.name: /],
    ['has a token that is no text', 'users: [{name: admin, user: {token: 5}}]', /^test: users\[admin\]\.user\.token: /],
    ['has a server that is no URL', config('a').replace('https://a:6443', 'nowhere'), /^test: clusters\[a\]\.cluster\.server: not an http\(s\) URL$/],
    ['has a current context that it lacks', config('a').replace('current-context: a', 'current-context: b'), /^test: context "b" does not exist$/],
    ['names a cluster that it lacks', config('a').replace('cluster: a,', 'cluster: b,'), /^test: context "a": cluster "b" does not exist$/],
    ['names a user that it lacks', config('a').replace('user: a,', 'user: b,'), /^test: context "a": user "b" does not exist$/],
    ['has no current context', '{}', /^test: current-context is not set$/],
    ['names a key file that is not there', config('a', 'client-key: /missing/key'), /^test: users\[a\]\.user\.client-key: ENOENT/],
    ['has a legacy auth provider', config('a', 'auth-provider: {name: gcp}'), /^test: users\[a\]\.user\.auth-provider: "gcp" is no longer supported/],
  ])('that %s says so', (_, text, message) => {
    const read = () => transportOptions(parseKubeconfig(text, 'test'));
    expect(read).toThrow(KubeconfigError);
    expect(read).toThrow(message);
  });

  it('that is wrong gives no secret away', () => {
    for (const text of [
      config('a', 'client-key-data: c2VjcmV0LWtleQ=='), config('a', 'token: [secret-key]'), config('a').replace('token: t', 'token: "secret-key'),
    ]) {
      let message = '';
      try {
        transportOptions(parseKubeconfig(text, 'test'));
      } catch (error) {
        message = (error as Error).message;
      }
      expect(message).toMatch(/^test: /);
      expect(message).not.toMatch(/secret-key|c2VjcmV0LWtleQ/);
    }
  });
});

describe('a kubeconfig file', () => {
  it('is made, readable by its owner alone, and takes more contexts in', () => {
    const path = join(folder(), 'deep', 'config');
    mergeKubeconfigFile(path, config('a'));
    mergeKubeconfigFile(path, config('b'));
    expect(statSync(path).mode & 0o777).toBe(0o600);
    const loaded = loadKubeconfig([path]);
    expect([...loaded.contexts.keys()]).toEqual(['a', 'b']);
    expect(loaded.currentContext).toBe('b');
    expect(transportOptions(loaded, 'a')).toMatchObject({ server: 'https://a:6443', token: 't' });
  });

  it('keeps comments, unknown fields, its mode and its link, and replaces entries of the same name', () => {
    const base = folder();
    const real = join(base, 'real');
    writeFileSync(real, `# mine\npreferences: {colors: true}\n${config('a', 'token: old').trim()}\n`);
    chmodSync(real, 0o640);
    symlinkSync(real, join(base, 'config'));
    mergeKubeconfigFile(join(base, 'config'), config('a', 'token: new'));
    const text = readFileSync(real, 'utf8');
    expect(text).toMatch(/^# mine\npreferences: ?\{ ?colors: true ?\}/);
    expect(text.match(/name: a/g)).toHaveLength(3);
    expect(transportOptions(loadKubeconfig([real])).token).toBe('new');
    expect(statSync(real).mode & 0o777).toBe(0o640);
    expect(readdirSync(base).sort()).toEqual(['config', 'real']);
  });

  it('loses a context with what only it used', () => {
    const path = join(folder(), 'config');
    mergeKubeconfigFile(path, config('a'));
    mergeKubeconfigFile(path, config('b').replace('user: b,', 'user: a,'));
    removeFromKubeconfigFile(path, 'a');
    const left = loadKubeconfig([path]);
    expect([[...left.contexts.keys()], [...left.clusters.keys()], [...left.users.keys()]]).toEqual([['b'], ['b'], ['a', 'b']]);
    removeFromKubeconfigFile(path, 'b');
    expect(loadKubeconfig([path]).currentContext).toBe('');
  });

  it('that another program is writing, or that is broken, stays as it is', () => {
    const path = join(folder(), 'config');
    writeFileSync(path, 'users: 5');
    expect(() => mergeKubeconfigFile(path, config('a'))).toThrow(`${path}: users: `);
    writeFileSync(path, '');
    writeFileSync(`${path}.lock`, '');
    expect(() => mergeKubeconfigFile(path, config('a'))).toThrow('another program is writing it');
    expect(readFileSync(path, 'utf8')).toBe('');
  });

  it('that is written to is the first listed that exists, else the last', () => {
    const base = folder();
    const [one, two] = [join(base, 'one'), join(base, 'two')];
    const environment = { KUBECONFIG: `${one}:${two}` };
    expect(defaultKubeconfigPath(environment)).toBe(two);
    writeFileSync(one, '');
    expect(defaultKubeconfigPath(environment)).toBe(one);
  });
});

describe('an exec plugin', () => {
  const plugin = (script: string) => config('a', `exec: {apiVersion: client.authentication.k8s.io/v1, command: ${process.execPath}, args: ["-e", ${JSON.stringify(script)}], interactiveMode: Never, provideClusterInfo: true}`);
  const credentials = (script: string) => transportOptions(parseKubeconfig(plugin(script), 'test')).credentials!;
  const print = (status: string) => `console.log(JSON.stringify({apiVersion:'client.authentication.k8s.io/v1',kind:'ExecCredential',status:${status}}))`;

  it('gives a token that is kept until it expires', async () => {
    const lasting = credentials(print('{token: String(process.pid), expirationTimestamp: new Date(Date.now() + 60000).toISOString()}'));
    const [first, second] = [await lasting.current(), await lasting.current()];
    expect(first.token).toMatch(/^\d+$/);
    expect(second).toBe(first);
    lasting.rejected(first);
    expect((await lasting.current()).token).not.toBe(first.token);
    const expired = credentials(print('{token: String(process.pid), expirationTimestamp: "2020-01-01T00:00:00Z"}'));
    expect((await expired.current()).token).not.toBe((await expired.current()).token);
  });

  it('is told of the cluster', async () => {
    const { token } = await credentials(print('{token: JSON.parse(process.env.KUBERNETES_EXEC_INFO).spec.cluster.server}')).current();
    expect(token).toBe('https://a:6443');
  });

  it.each([
    ['fails', 'console.error("no login"); process.exit(3)', /failed with exit code 3: no login/],
    ['prints something else', 'console.log("hello-secret")', /^(?!.*secret).*is not as it should be/],
    ['prints no credential', print('{}'), /didn't return a token or cert\/key pair/],
    ['speaks another version', 'console.log(JSON.stringify({apiVersion:"v9",kind:"ExecCredential",status:{token:"t"}}))', /plugin returned version v9/],
  ])('that %s is an error', async (_, script, message) => {
    await expect(credentials(script).current()).rejects.toThrow(message);
  });
});

describe('the proxy of the environment', () => {
  it.each([
    ['https://example.com:6443', {}, undefined],
    ['https://example.com:6443', { HTTPS_PROXY: 'http://p:1' }, 'http://p:1'],
    ['https://example.com:6443', { https_proxy: 'p:1' }, 'http://p:1'],
    ['https://127.0.0.1:6443', { HTTPS_PROXY: 'http://p:1' }, undefined],
    ['https://a.example.com', { HTTPS_PROXY: 'http://p:1', NO_PROXY: 'example.com' }, undefined],
    ['https://example.com', { HTTPS_PROXY: 'http://p:1', NO_PROXY: '.example.com' }, 'http://p:1'],
    ['https://10.1.2.3', { HTTPS_PROXY: 'http://p:1', no_proxy: 'x, 10.0.0.0/8' }, undefined],
    ['https://11.1.2.3', { HTTPS_PROXY: 'http://p:1', no_proxy: '10.0.0.0/8' }, 'http://p:1'],
    ['https://x', { HTTPS_PROXY: 'http://p:1', NO_PROXY: '*' }, undefined],
  ])('for %s with %o is %s', (server, environment, expected) => {
    expect(proxyFor(server, environment)).toBe(expected);
  });
});
