import type { Command } from 'commander';
import { Forward, parsePortPair } from '../../client/pods/forward';
import { parseTarget } from '../../client/pods/target';
import { runUntilSignal } from '../components/process';
import { connectCluster } from '../connection';
import { nameOption } from './cluster';

export function registerPortForwardCommand(program: Command): void {
  program
    .command('port-forward <target> <ports...>')
    .description('lead local ports to a pod, a Service or a workload: "port-forward svc/web 8080:80"; it survives their pods')
    .addOption(nameOption())
    .option('-n, --namespace <namespace>', 'namespace', 'default')
    .action(forward);
}

async function forward(target: string, ports: string[], { name, namespace }: { name: string; namespace: string }): Promise<void> {
  const { client, close } = connectCluster(name);
  try {
    const opened = await Forward.open(client, parseTarget(target, namespace), ports.map(parsePortPair), {
      pod: (pod) => process.stderr.write(`connected to pod ${pod}\n`),
      failed: (message) => process.stderr.write(`${message}\n`),
    });
    for (const { address, remote } of opened.ports) process.stdout.write(`Forwarding from ${address} -> ${remote}\n`);
    await runUntilSignal(() => opened.close());
  } finally {
    close();
  }
}
