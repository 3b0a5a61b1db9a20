import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { installedKubectls, Kubectl } from './kubectl';
import { deployment, pod, service } from './objects';
import { TestServer } from './test-server';

let server: TestServer;
beforeAll(async () => {
  server = await TestServer.start();
});
afterAll(() => server.close());

const list = (...items: unknown[]) => ({ apiVersion: 'v1', kind: 'List', items });

/** Older clients ask in older ways: discovery without aggregation, OpenAPI v2, other accept headers. */
describe.each(installedKubectls())('kubectl %s', (version, binary) => {
  const namespace = `v${version.replace(/\W+/g, '-').toLowerCase()}`;
  let client: Kubectl;
  beforeAll(async () => {
    client = await Kubectl.for(server, binary);
  });
  afterAll(() => client.close());

  it('does what people do all day', async () => {
    const succeeds = async (command: string, out: RegExp, input?: unknown) => {
      const run = await client.run(command, input);
      expect(`${run.out}\n${run.err}`, command).toMatch(out);
      expect(run.code, command).toBe(0);
    };
    const ns = `-n ${namespace}`;
    const manifests = list(deployment('web', 2), service('web'), pod('p'));
    await succeeds(`create namespace ${namespace}`, /created/);
    await succeeds(`${ns} apply -f -`, /deployment\.apps\/web created\nservice\/web created\npod\/p created/, manifests);
    await succeeds(`${ns} apply -f -`, /deployment\.apps\/web unchanged/, manifests);
    await succeeds(`${ns} apply --server-side --force-conflicts -f -`, /serverside-applied/, manifests);
    await succeeds(`${ns} diff -f -`, /^\s*$/, manifests);
    await succeeds(`${ns} get all -o wide`, /deployment\.apps\/web\s+0\/2/);
    await succeeds(`${ns} get pod p -o yaml`, /restartPolicy: Always/);
    await succeeds(`${ns} describe deployment web`, /Replicas:\s+2 desired/);
    await succeeds(`${ns} scale deployment/web --replicas=3`, /scaled/);
    await succeeds(`${ns} patch pod p -p {"metadata":{"labels":{"a":"b"}}}`, /patched/);
    await succeeds(`${ns} label pod p x=y`, /labeled/);
    await succeeds(`${ns} set image deployment/web c=nginx`, /image updated/);
    await succeeds(`${ns} wait deployment/web --for=jsonpath={.spec.replicas}=3 --timeout=5s`, /condition met/);
    await succeeds('explain deployment.spec.replicas', /<integer>/);
    await succeeds('api-resources', /deployments\s+deploy\s+apps\/v1\s+true\s+Deployment/);
    await succeeds(`${ns} edit pod p`, /no changes made|Edit cancelled/);
    await succeeds(`${ns} delete deployment,service,pod --all`, /deleted/);
  });
});
