import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Kubectl } from './kubectl';
import { deployment, pod, service } from './objects';
import { TestServer } from './test-server';

let server: TestServer;
let client: Kubectl;
beforeAll(async () => {
  server = await TestServer.start();
  client = await Kubectl.for(server);
});
afterAll(async () => {
  await server.close();
  await client.close();
});

const kubectl = (command: string, input?: unknown) => client.run(command, input);

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
    ['run runner --image=busybox --restart=Never -- sleep 1', /^pod\/runner created$/],
    ['expose deployment made --port=80', /^service\/made exposed$/],
    ['create job once --image=busybox', /^job\.batch\/once created$/],
    ['create cronjob often --image=busybox --schedule=*/5\u00a0*\u00a0*\u00a0*\u00a0*', /^cronjob\.batch\/often created$/],
    ['create job manual --from=cronjob/often', /^job\.batch\/manual created$/],
    ['autoscale deployment made --min=1 --max=3', /^horizontalpodautoscaler\.autoscaling\/made autoscaled$/],
    ['set env deployment/made A=b', /^deployment\.apps\/made env updated$/],
    ['rollout restart deployment/made', /^deployment\.apps\/made restarted$/],
    ['rollout pause deployment/made', /^deployment\.apps\/made paused$/],
    ['label pod p tier=back --overwrite', /^pod\/p labeled$/],
    ['annotate pod p note-', /^pod\/p annotated$/],
    ['patch pod p --type=json -p [{"op":"add","path":"/metadata/labels/j","value":"k"}]', /^pod\/p patched$/],
    ['get deployments --chunk-size=1 -o custom-columns=N:.metadata.name --no-headers', /^made\nweb$/],
    ['get --raw /version', /"gitVersion": "v1\.36\./],
    ['cluster-info', /Kubernetes control plane.* is running at/],
    ['get apiservices v1.apps', /v1\.apps\s+Local\s+True/],
    ['get all -o name', /job\.batch\/once/],
    ['delete pod p', /^pod "p" deleted/],
    ['delete deployment web made', /^deployment\.apps "web" deleted/],
    ['delete configmap --all', /^configmap "c" deleted/],
  ])('%s', async (command, out) => {
    const run = await kubectl(command);
    expect(run.out, run.err).toMatch(out);
  });

  it('replaces, also by deleting and creating', async () => {
    await kubectl('create -f -', pod('replaced'));
    const live = async () => JSON.parse((await kubectl('get pod replaced -o json')).out) as { metadata: { uid: string }; spec: { containers: { image: string }[] } };
    const before = await live();
    before.spec.containers[0]!.image = 'busybox:1.29';
    expect((await kubectl('replace -f -', before)).out).toBe('pod/replaced replaced');
    expect((await live()).spec.containers[0]!.image).toBe('busybox:1.29');
    expect((await kubectl('replace --force --grace-period=0 -f -', pod('replaced'))).out).toMatch(/pod\/replaced replaced$/);
    expect((await live()).metadata.uid).not.toBe(before.metadata.uid);
  });

  it('taints and cordons nodes', async () => {
    await server.create('/api/v1/nodes', { apiVersion: 'v1', kind: 'Node', metadata: { name: 'n1' } });
    expect((await kubectl('taint nodes n1 a=b:NoSchedule')).out).toBe('node/n1 tainted');
    expect((await kubectl('cordon n1')).out).toBe('node/n1 cordoned');
    expect((await kubectl('describe node n1')).out).toMatch(/^Taints:\s+a=b:NoSchedule$/m);
    expect((await kubectl('taint nodes n1 a:NoSchedule-')).out).toBe('node/n1 untainted');
  });

  it('tries out on the server what it does not do', async () => {
    const dry = await kubectl('create deployment tried --image=busybox --dry-run=server -o name');
    expect([dry.out, (await kubectl('get deployment tried')).code]).toEqual(['deployment.apps/tried', 1]);
    expect((await kubectl('apply --dry-run=server -f -', pod('tried'))).out).toBe('pod/tried created (server dry run)');
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
