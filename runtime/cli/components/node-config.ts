import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { issueNodeCertificates } from '../../cluster/certificates';
import { clusterDNS, clusterDomain, podCIDR, serviceCIDR } from '../../cluster/constants';
import { connectEngine } from '../../cluster/engine';
import { ensurePauseImage } from '../../cluster/images/pause-image';
import { statePaths } from '../../cluster/state-files';
import type { NodeJoin } from '../../node/join';

export interface NodeConfigFlags {
  dataDir: string;
  server: string;
  nodeIp: string;
  nodeCpu: string;
  nodeMemory: string;
  engineDataFolder: string;
  clusterName: string;
}

/** Prints what a node needs to join the API server that keeps its certificates in this folder: addresses and credentials. */
export async function printNodeConfig(nodeName: string, flags: NodeConfigFlags): Promise<void> {
  const { pki } = statePaths(flags.dataDir);
  const ca = { cert: readFileSync(join(pki, 'ca.crt'), 'utf8'), key: readFileSync(join(pki, 'ca.key'), 'utf8') };
  const config: NodeJoin = {
    cluster: flags.clusterName,
    nodeName,
    nodeIP: flags.nodeIp,
    server: flags.server,
    ca: ca.cert,
    ...issueNodeCertificates(ca, nodeName, [flags.nodeIp]),
    cpu: flags.nodeCpu,
    memory: flags.nodeMemory,
    pauseImage: await ensurePauseImage(await connectEngine()),
    clusterDNS,
    clusterDomain,
    podCIDR,
    serviceCIDR,
    engineDataFolder: flags.engineDataFolder,
  };
  process.stdout.write(`${JSON.stringify(config, null, 2)}\n`);
}
