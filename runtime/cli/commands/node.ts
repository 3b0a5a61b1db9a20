import type { Command } from 'commander';
import { type ControlClient, findDaemon } from '../../cluster/control/control-client';
import type { NodeAction } from '../../cluster/control/protocol';
import { StepDisplay, UserError } from '../output';
import { connectCluster } from '../connection';
import { nameOption } from './cluster';
import { printTable, type Table } from '../table-printer';

const actions: Record<NodeAction, { description: string; done: string }> = {
  stop: { description: 'stop a node, as if its machine were switched off', done: 'is stopped' },
  start: { description: 'start a stopped node', done: 'is started' },
  pause: { description: 'freeze a node and all that runs on it', done: 'is paused' },
  unpause: { description: 'let a paused node go on', done: 'goes on' },
  disconnect: { description: 'cut a node off the network', done: 'is disconnected' },
  connect: { description: 'join a disconnected node to the network again', done: 'is connected' },
};

export function registerNodeCommands(program: Command): void {
  program.command('nodes').description('list the nodes').addOption(nameOption()).action(listNodes);
  const node = program.command('node').description('change the nodes of a living cluster');
  node
    .command('add [node]')
    .description('add a node')
    .addOption(nameOption())
    .option('--node-cpu <quantity>', 'CPUs that it offers')
    .option('--node-memory <quantity>', 'memory that it offers')
    .action(async (wanted: string | undefined, { name, nodeCpu, nodeMemory }: { name: string; nodeCpu?: string; nodeMemory?: string }) => {
      const display = new StepDisplay();
      display.step('adding a node');
      const added = await daemonOf(name).addNode({ name: wanted, cpu: nodeCpu, memory: nodeMemory });
      display.done(`node "${added}" is started`);
    });
  node
    .command('remove <node>')
    .description('remove a node and all that runs on it')
    .addOption(nameOption())
    .action(async (target: string, { name }: { name: string }) => {
      const display = new StepDisplay();
      display.step(`removing ${target}`);
      await daemonOf(name).removeNode(target);
      display.done(`node "${target}" is gone`);
    });
  for (const [action, { description, done }] of Object.entries(actions)) {
    node
      .command(`${action} <node>`)
      .description(description)
      .addOption(nameOption())
      .action(async (target: string, { name }: { name: string }) => {
        const display = new StepDisplay();
        display.step(`${action} ${target}`);
        await daemonOf(name).changeNode(target, action as NodeAction);
        display.done(`node "${target}" ${done}`);
      });
  }
}

function daemonOf(cluster: string): ControlClient {
  const daemon = findDaemon(cluster);
  if (!daemon) throw new UserError(`cluster "${cluster}" does not run; "podium up --name ${cluster}" starts it`);
  return daemon;
}

async function listNodes({ name }: { name: string }): Promise<void> {
  const { client } = connectCluster(name);
  const table = await client.transport.request<Table>({ method: 'GET', path: '/api/v1/nodes', accept: 'application/json;as=Table;v=v1;g=meta.k8s.io' });
  process.stdout.write(printTable(table, { wide: true }));
}
