import type { CoreV1Event, Live, Node, Pod } from '../../runtime/api/kinds';
import { Client } from '../../runtime/client/resource-client';
import { type Clock, systemClock } from '../../runtime/clock';
import { createCertificateAuthority, issueCertificate } from '../../runtime/cluster/certificates';
import type { ContainerRuntime } from '../../runtime/kubelet/container-runtime';
import { type Kubelet, type KubeletOptions, startKubelet } from '../../runtime/kubelet';
import { silentLogger } from '../../runtime/log';
import { TestServer } from '../apiserver/test-server';

const node = 'node-1';

export interface FixtureOptions extends Partial<Omit<KubeletOptions, 'client' | 'runtime'>> {
  runtime: ContainerRuntime;
  clock?: Clock;
}

/** A kubelet against a real API server on a store in memory. No scheduler: pods are bound when they are created. */
export class KubeletFixture {
  private constructor(
    readonly server: TestServer,
    readonly client: Client,
    readonly credentials: Credentials,
    private options: FixtureOptions,
    public kubelet: Kubelet,
  ) {}

  static async start(options: FixtureOptions): Promise<KubeletFixture> {
    const server = await TestServer.start();
    const client = new Client(
      server.api.transport({
        name: 'system:node:node-1',
        groups: ['system:nodes', 'system:masters', 'system:authenticated'],
      }),
    );
    const credentials = createCredentials();
    for (const name of ['default', 'kube-system', 'kube-node-lease']) {
      await client.namespaces
        .create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name } })
        .catch(() => undefined);
    }
    await client.serviceAccounts.create({
      apiVersion: 'v1',
      kind: 'ServiceAccount',
      metadata: { name: 'default', namespace: 'default' },
    });
    const kubelet = await launch(options, client, credentials);
    const fixture = new KubeletFixture(server, client, credentials, options, kubelet);
    while (!(await fixture.node().catch(() => undefined))) await new Promise((resolve) => setTimeout(resolve, 10));
    return fixture;
  }

  async restart(options: Partial<FixtureOptions> = {}): Promise<void> {
    await this.kubelet.stop();
    this.options = { ...this.options, ...options };
    this.kubelet = await launch(this.options, this.client, this.credentials);
  }

  async stop(): Promise<void> {
    await this.kubelet.stop();
    await this.server.api.close();
  }

  /** Creates a pod of the default namespace, bound to the node. */
  create(name: string, spec: Partial<NonNullable<Pod['spec']>>, metadata: Pod['metadata'] = {}): Promise<Live<Pod>> {
    const containers = [{ name: 'main', image: 'podium-test/busybox:1', imagePullPolicy: 'IfNotPresent' }];
    const terminationGracePeriodSeconds = 1;
    return this.client.pods.create({
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { ...metadata, name, namespace: 'default' },
      spec: { nodeName: node, terminationGracePeriodSeconds, containers, ...spec },
    });
  }

  pod(name: string): Promise<Live<Pod>> {
    return this.client.pods.get(name, 'default');
  }

  node(): Promise<Live<Node>> {
    return this.client.nodes.get(node);
  }

  /** Waits until the pod is as told; the error shows how it was at last. */
  async until(name: string, matches: (pod: Live<Pod>) => boolean, seconds = 15): Promise<Live<Pod>> {
    const end = Date.now() + seconds * 1000;
    for (;;) {
      const pod = await this.pod(name);
      if (matches(pod)) return pod;
      if (Date.now() > end)
        throw new Error(
          [`pod ${name} did not get there:`, JSON.stringify(pod.status, undefined, 1), ...(await this.events(name))].join('\n'),
        );
      await new Promise((resolve) => setTimeout(resolve, 25));
    }
  }

  async untilGone(name: string, seconds = 15): Promise<void> {
    const end = Date.now() + seconds * 1000;
    for (;;) {
      const pod = await this.pod(name).catch(() => undefined);
      if (!pod) return;
      if (Date.now() > end) throw new Error(`pod ${name} is still there:\n${JSON.stringify(pod.status, undefined, 1)}`);
      await new Promise((resolve) => setTimeout(resolve, 25));
    }
  }

  /** Events about an object, as `Reason: message`. */
  async events(name: string): Promise<string[]> {
    const { items } = await this.client
      .resource<CoreV1Event>({ group: '', version: 'v1', resource: 'events', namespaced: true })
      .list({ namespace: 'default' });
    return items
      .filter(({ involvedObject }) => involvedObject.name === name)
      .map(({ reason, message }) => `${reason}: ${message}`);
  }

  /** Waits for an event that starts so. */
  async untilEvent(name: string, start: string, seconds = 10): Promise<string> {
    const end = Date.now() + seconds * 1000;
    for (;;) {
      const events = await this.events(name);
      const found = events.find((event) => event.startsWith(start));
      if (found) return found;
      if (Date.now() > end) throw new Error(`no event ${start} of ${name} among:\n${events.join('\n')}`);
      await new Promise((resolve) => setTimeout(resolve, 25));
    }
  }
}

interface Credentials {
  ca: string;
  serving: { cert: string; key: string };
  client: { cert: string; key: string };
  /** Of another node. */
  node: { cert: string; key: string };
}

function createCredentials(): Credentials {
  const ca = createCertificateAuthority();
  return {
    ca: ca.cert,
    serving: issueCertificate(ca, {
      kind: 'serving',
      commonName: node,
      names: [node, 'localhost'],
      ips: ['127.0.0.1'],
    }),
    client: issueCertificate(ca, {
      kind: 'client',
      commonName: 'kube-apiserver-kubelet-client',
      organizations: ['system:masters'],
    }),
    node: issueCertificate(ca, { kind: 'client', commonName: 'system:node:node-2', organizations: ['system:nodes'] }),
  };
}

function launch(options: FixtureOptions, client: Client, credentials: Credentials): Promise<Kubelet> {
  return startKubelet({
    nodeName: node,
    client,
    clock: systemClock,
    logger: silentLogger,
    capacity: { cpu: '2', memory: '4Gi', pods: '110', 'ephemeral-storage': '10Gi' },
    addresses: [
      { type: 'InternalIP', address: '127.0.0.1' },
      { type: 'Hostname', address: node },
    ],
    clusterDns: ['10.96.0.10'],
    clusterDomain: 'cluster.local',
    serverTls: { ...credentials.serving, clientCa: credentials.ca },
    host: '127.0.0.1',
    port: 0,
    ...options,
  });
}
