import { Agent, request as httpsRequest } from 'node:https';
import type { KubeletAddress } from '../apiserver/proxy';

/** The kubelet of a node didn't answer, or with an error. */
export class KubeletError extends Error {
  override readonly name = 'KubeletError';
}

const timeoutMs = 5_000;

/** Requests of the control plane itself to the API of nodes' kubelets. */
export class KubeletClient {
  private readonly agent = new Agent({ keepAlive: true, maxSockets: 4, timeout: 60_000 });

  /** `locate`: undefined while the node can't be reached. */
  constructor(private readonly locate: (node: string) => Promise<KubeletAddress | undefined>) {}

  get(node: string, path: string): Promise<string> {
    return this.request('GET', node, path);
  }

  async removeVolumeData(node: string, volume: string): Promise<void> {
    await this.request('DELETE', node, `/provisionedVolumes/${encodeURIComponent(volume)}`);
  }

  close(): void {
    this.agent.destroy();
  }

  private async request(method: string, node: string, path: string): Promise<string> {
    const address = await this.locate(node);
    if (!address) throw new KubeletError(`node ${node} can not be reached`);
    return new Promise((resolve, reject) => {
      const fail = (error: Error) => reject(new KubeletError(`${method} ${path} of node ${node}: ${error.message}`));
      const outgoing = httpsRequest({ ...address, method, path, agent: this.agent }, (incoming) => {
        const chunks: Buffer[] = [];
        incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
        incoming.on('error', fail);
        incoming.on('end', () => {
          const body = Buffer.concat(chunks).toString();
          if (incoming.statusCode === 200) resolve(body);
          else fail(new Error(`${incoming.statusCode} ${body}`));
        });
      });
      outgoing.setTimeout(timeoutMs, () => outgoing.destroy(new Error('no answer in time')));
      outgoing.on('error', fail).end();
    });
  }
}
