import type { Command } from 'commander';
import { defaultContainer, execInPod, podLogs } from '../../client/pods/streams';
import type { RemoteCommandSession } from '../../streaming';
import { connectCluster } from '../connection';
import { UserError } from '../output';
import { nameOption } from './cluster';
import { wholeNumber } from '../values';

interface PodOptions {
  name: string;
  namespace: string;
  container?: string;
}

interface LogOptions extends PodOptions {
  follow?: boolean;
  previous?: boolean;
  tail?: number;
  timestamps?: boolean;
}

interface ExecOptions extends PodOptions {
  stdin?: boolean;
  tty?: boolean;
}

export function registerPodCommands(program: Command): void {
  program
    .command('logs <pod>')
    .description('print what a container wrote')
    .addOption(nameOption())
    .option('-n, --namespace <namespace>', 'namespace', 'default')
    .option('-c, --container <container>', 'container (default: the first)')
    .option('-f, --follow', 'go on as it writes')
    .option('-p, --previous', 'of the container before its last restart')
    .option('--tail <lines>', 'only so many of the last lines', wholeNumber)
    .option('--timestamps', 'with the time of each line')
    .action(logs);
  program
    .command('exec <pod> <command...>')
    .description('run a command in a container: "exec -it web -- sh"')
    .addOption(nameOption())
    .option('-n, --namespace <namespace>', 'namespace', 'default')
    .option('-c, --container <container>', 'container (default: the first)')
    .option('-i, --stdin', 'pass standard input on')
    .option('-t, --tty', 'with a terminal')
    .action(exec);
}

async function logs(pod: string, { name, namespace, container, follow, previous, tail, timestamps }: LogOptions): Promise<void> {
  const { client, close } = connectCluster(name);
  try {
    const lines = podLogs(client, { namespace, name: pod }, {
      container: container ?? defaultContainer(await client.pods.get(pod, namespace)),
      ...(follow && { follow }), ...(previous && { previous }), ...(timestamps && { timestamps }), ...(tail !== undefined && { tailLines: tail }),
    });
    for await (const chunk of lines) {
      if (!process.stdout.write(chunk)) await new Promise((resolve) => process.stdout.once('drain', resolve));
    }
  } finally {
    close();
  }
}

async function exec(pod: string, command: string[], { name, namespace, container, stdin = false, tty = false }: ExecOptions): Promise<void> {
  if (tty && !process.stdin.isTTY) throw new UserError('unable to use a TTY: standard input is not a terminal');
  const { client, close } = connectCluster(name);
  try {
    const chosen = container ?? defaultContainer(await client.pods.get(pod, namespace));
    const session = await execInPod(client, { namespace, name: pod }, { container: chosen, command, stdin, tty });
    session.stdout.pipe(process.stdout);
    session.stderr.pipe(process.stderr);
    const restore = stdin ? passInput(session, tty) : () => {};
    const result = await session.result;
    restore();
    if ('error' in result) throw new UserError(result.error);
    process.exitCode = result.exitCode;
  } finally {
    close();
  }
}

/** Connects the terminal; returns what puts it back. */
function passInput(session: RemoteCommandSession, tty: boolean): () => void {
  const resize = (): void => session.resize({ width: process.stdout.columns, height: process.stdout.rows });
  if (tty) {
    process.stdin.setRawMode(true);
    process.stdout.on('resize', resize);
    resize();
  }
  process.stdin.pipe(session.stdin);
  return () => {
    if (tty) process.stdin.setRawMode(false);
    process.stdout.off('resize', resize);
    process.stdin.unpipe(session.stdin);
    process.stdin.pause();
  };
}
