import { Command, CommanderError } from 'commander';
import { registerClusterCommands } from './commands/cluster';
import { registerNodeCommands } from './commands/node';
import { registerObjectCommands } from './commands/objects';
import { registerTemplateCommand } from './commands/templates';
import { registerPodCommands } from './commands/pods';
import { registerPortForwardCommand } from './commands/port-forward';
import { registerComponentCommands } from './commands/components';
import { registerDevCommand } from './commands/dev';
import { registerDebugCommands } from './commands/debug';
import { registerDemoCommands } from './commands/demo';
import { describeError } from './output';

declare const PODIUM_VERSION: string;

/** Runs one command line; resolves with the exit code. */
export async function run(argv: readonly string[]): Promise<number> {
  const program = new Command('podium')
    .description('Kubernetes clusters on this machine, in seconds.')
    .version(PODIUM_VERSION)
    .configureHelp({ sortSubcommands: false })
    .exitOverride();
  registerClusterCommands(program);
  registerNodeCommands(program);
  registerObjectCommands(program);
  registerTemplateCommand(program);
  registerPodCommands(program);
  registerPortForwardCommand(program);
  registerDevCommand(program);
  registerDemoCommands(program);
  registerDebugCommands(program);
  registerComponentCommands(program);
  try {
    await program.parseAsync([...argv]);
    return Number(process.exitCode ?? 0);
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode;
    process.stderr.write(`${describeError(error)}\n`);
    return 1;
  }
}
