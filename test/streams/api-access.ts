import { readFileSync } from 'node:fs';
import { request, type RequestOptions } from 'node:https';
import { parse } from 'yaml';
import type { TestCluster } from '../support/test-cluster';

export interface Access {
  port: number;
  tls: { ca: string; cert: string; key: string };
}

/** The address and the client certificate of a cluster's kubeconfig. */
export function accessOf(cluster: TestCluster): Access {
  const config = parse(readFileSync(cluster.kubeconfig, 'utf8')) as {
    clusters: { cluster: { server: string; 'certificate-authority-data': string } }[];
    users: { user: { 'client-certificate-data': string; 'client-key-data': string } }[];
  };
  const [{ cluster: server } = { cluster: undefined }] = config.clusters;
  const [{ user } = { user: undefined }] = config.users;
  if (!server || !user) throw new Error('the kubeconfig has no cluster');
  const text = (base64: string): string => Buffer.from(base64, 'base64').toString();
  return {
    port: Number(new URL(server.server).port),
    tls: { ca: text(server['certificate-authority-data']), cert: text(user['client-certificate-data']), key: text(user['client-key-data']) },
  };
}

export interface Answer {
  code: number;
  headers: Record<string, string | string[] | undefined>;
  body: string;
}

export function get(port: number, tls: Access['tls'], path: string, options: RequestOptions = {}, body = ''): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const outgoing = request({ host: '127.0.0.1', port, path, agent: false, ...tls, ...options }, (incoming) => {
      let received = '';
      incoming.on('data', (chunk: Buffer) => (received += chunk.toString()));
      incoming.on('end', () => resolve({ code: incoming.statusCode ?? 0, headers: incoming.headers, body: received }));
    });
    outgoing.on('error', reject).end(body);
  });
}
