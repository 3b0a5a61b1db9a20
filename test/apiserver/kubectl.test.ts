import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { deployment, pod, service } from './objects';
import { TestServer } from './test-server';

let server: TestServer;
let folder: string;
beforeAll(async () => {
  server = await TestServer.start();
  folder = await mkdtemp(join(tmpdir(), 'podium-kubectl-'));
  await writeFile(join(folder, 'config'), JSON.stringify({
    apiVersion: 'v1', kind: 'Config', 'current-context': 'test',
    clusters: [{ name: 'test', cluster: { server: server.url, 'certificate-authority-data': Buffer.from(server.ca).toString('base64') } }],
    users: [{ name: 'test', user: { token: 'admin' } }],
    contexts: [{ name: 'test', context: { cluster: 'test', user: 'test' } }],
  }));
});
afterAll(async () => {
  await server.close();
  await rm(folder, { recursive: true });
});

interface Run {
  code: number;
  out: string;
  err: string;
}

function kubectl(command: string, input?: unknown): Promise<Run> {
  return new Promise((resolve) => {
    const env = { ...process.env, KUBECONFIG: join(folder, 'config'), HOME: folder };
    const child = execFile('kubectl', command.split(' '), { env }, (error, out, err) =>
      resolve({ code: error ? Number(error.code ?? 1) : 0, out: out.trim(), err: err.trim() }));
    child.stdin!.end(input === undefined ? '' : JSON.stringify(input));
  });
}

const list = (...items: unknown[]) => ({ apiVersion: 'v1', kind: 'List', items });

describe('a real kubectl', () => {
  it('applies, sees that nothing changed, and applies a change', async () => {
    const manifests = list(deployment('web', 2), service('web'), pod('p'));
    expect((await kubectl('apply -f -', manifests)).out.split('\n')).toEqual(['deployment.apps/web created', 'service/web created', 'pod/p created']);
    expect((await kubectl('apply -f -', manifests)).out.split('\n')).toEqual(['deployment.apps/web unchanged', 'service/web unchanged', 'pod/p unchanged']);
    expect((await kubectl('apply -f -', list(deployment('web', 3)))).out).toBe('deployment.apps/web configured');
    expect((await kubectl('diff -f -', list(deployment('web', 3)))).code).toBe(0);
    expect((await kubectl('diff -f -', list(deployment('web', 4)))).out).toMatch(/^-\s+replicas: 3$\n^\+\s+replicas: 4$/m);
  });

  it('prints tables', async () => {
    const [head, row] = (await kubectl('get pods -o wide')).out.split('\n');
    expect(head!.split(/\s{2,}/)).toEqual(['NAME', 'READY', 'STATUS', 'RESTARTS', 'AGE', 'IP', 'NODE', 'NOMINATED NODE', 'READINESS GATES']);
    expect(row!.split(/\s{2,}/).slice(0, 4)).toEqual(['p', '0/1', 'Pending', '0']);
    expect((await kubectl('get deploy,svc,pods -o name')).out.split('\n')).toEqual(['deployment.apps/web', 'service/web', 'pod/p']);
  });

  it.each<[command: string, out: RegExp]>([
    ['create namespace demo', /^namespace\/demo created$/],
    ['create configmap c --from-literal=a=b', /^configmap\/c created$/],
    ['create deployment made --image=busybox --replicas=2', /^deployment\.apps\/made created$/],
    ['create secret generic s --from-literal=a=b', /^secret\/s created$/],
    ['create ingress i --rule=foo.com/bar=web:80', /^ingress\.networking\.k8s\.io\/i created$/],
    ['create poddisruptionbudget b --min-available=1 --selector=app=x', /^poddisruptionbudget\.policy\/b created$/],
    ['get configmap c -o jsonpath={.data.a}', /^b$/],
    ['scale deployment/web --replicas=5', /^deployment\.apps\/web scaled$/],
    ['label pod p tier=front', /^pod\/p labeled$/],
    ['annotate pod p note=hi', /^pod\/p annotated$/],
    ['get pods -l tier=front -o name', /^pod\/p$/],
    ['set image deployment/web c=nginx', /^deployment\.apps\/web image updated$/],
    ['patch service web -p {"spec":{"type":"NodePort"}}', /^service\/web patched$/],
    ['wait deployment/web --for=jsonpath={.spec.replicas}=5 --timeout=5s', /condition met$/],
    ['explain pods.spec.containers.image', /FIELD: image <string>/],
    ['explain deployment --recursive', /strategy\s+<DeploymentStrategy>/],
    ['api-resources --api-group=apps -o name', /^controllerrevisions\.apps\ndaemonsets\.apps\ndeployments\.apps/],
    ['api-versions', /^apps\/v1$/m],
    ['get pod p -o yaml --show-managed-fields', /manager: kubectl-client-side-apply/],
    ['describe service web', /^Type:\s+NodePort$/m],
    ['delete pod p', /^pod "p" deleted/],
    ['delete deployment web made', /^deployment\.apps "web" deleted/],
    ['delete configmap --all', /^configmap "c" deleted/],
  ])('%s', async (command, out) => {
    const run = await kubectl(command);
    expect(run.out, run.err).toMatch(out);
  });

  it('applies on the server, and is told of conflicts', async () => {
    const configMap = (value: string) => ({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'ssa' }, data: { k: value } });
    expect((await kubectl('apply --server-side --field-manager=a -f -', configMap('1'))).out).toBe('configmap/ssa serverside-applied');
    const conflict = await kubectl('apply --server-side --field-manager=b -f -', configMap('2'));
    expect([conflict.code, conflict.err]).toEqual([1, expect.stringMatching(/^error: Apply failed with 1 conflict: conflict with "a": \.data\.k$/m)]);
    expect((await kubectl('apply --server-side --field-manager=b --force-conflicts -f -', configMap('2'))).out).toBe('configmap/ssa serverside-applied');
  });

  it('is told what is wrong with an object', async () => {
    const wrong = await kubectl('create -f -', pod('Bad', { restartPolicy: 'Maybe' }));
    expect(wrong.err).toMatch(/^The Pod "Bad" is invalid: \n\* metadata\.name: Invalid value: "Bad"/);
    const unknown = await kubectl('create -f -', pod('x', { nope: 1 }));
    expect(unknown.err).toMatch(/Pod in version "v1" cannot be handled as a Pod: strict decoding error: unknown field "spec\.nope"$/);
    expect((await kubectl('get pod none')).err).toBe('Error from server (NotFound): pods "none" not found');
  });
});
