import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Command } from 'commander';
import { holdRequest } from '../../client/debug/hold-protocol';
import { TemplateHold } from '../../client/debug/template-hold';
import { parseKubeconfig, transportFor } from '../../client/kubeconfig';
import { Client } from '../../client/resource-client';
import { connectEngine } from '../../cluster/engine';
import { ensureDebugToolsImage } from '../../cluster/images/debug-tools-image';

const renewMs = 10_000;
const restoreForMs = 10 * 60_000;
const longestPauseMs = 15_000;

export function registerDebugCommands(program: Command): void {
  program
    .command('debug-image')
    .description('make the image with debuggers that run beside programs whose images have none, and print its name')
    .action(async () => {
      const reference = await ensureDebugToolsImage(await connectEngine(), (line) =>
        process.stderr.write(`  ${line}\n`),
      );
      process.stdout.write(`${reference}\n`);
    });
  program
    .command('debug-hold', { hidden: true })
    .description('change a workload for a debugger until standard input ends')
    .action(hold);
}

/** Outlives the editor that it works for: a signal to that one's group, and a pipe that nobody reads, don't end it. */
async function hold(): Promise<void> {
  for (const signal of ['SIGINT', 'SIGHUP', 'SIGPIPE'] as const) process.on(signal, () => {});
  process.stdout.on('error', () => {});
  const lines = createInterface({ input: process.stdin });
  const ended = new Promise<void>((resolve) => lines.once('close', resolve));
  const first = await Promise.race([new Promise<string>((resolve) => lines.once('line', resolve)), ended]);
  if (first === undefined) return;
  const held = await take(first);
  if (held) {
    const timer = setInterval(() => void held.renew().catch(() => {}), renewMs);
    await Promise.race([ended, new Promise((resolve) => process.once('SIGTERM', resolve))]);
    clearInterval(timer);
    await restore(held);
  }
  process.stdin.destroy();
}

async function take(line: string): Promise<TemplateHold | undefined> {
  const answer = (said: object): void => void process.stdout.write(`${JSON.stringify(said)}\n`);
  try {
    const { kubeconfig, pod, change } = holdRequest.parse(JSON.parse(line));
    const client = new Client(transportFor(parseKubeconfig(kubeconfig, 'kubeconfig')));
    const held = await TemplateHold.take(client, pod, {
      container: change.container,
      ...(change.command && { command: change.command }),
      probesOff: change.probesOff ?? false,
      alone: change.alone ?? false,
    });
    answer({ held: held?.ref ?? null });
    return held;
  } catch (error) {
    answer({ error: (error as Error).message });
    return undefined;
  }
}

/** Goes on while the server can't be reached; the next editor takes over what is left after that. */
async function restore(held: TemplateHold): Promise<void> {
  const end = Date.now() + restoreForMs;
  for (let pause = 500; ; pause = Math.min(pause * 2, longestPauseMs)) {
    try {
      return await held.restore();
    } catch (error) {
      if (Date.now() > end) throw error;
    }
    await sleep(pause);
  }
}
