import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { holdAnswer, type HoldRequest } from '../../runtime/client/debug/hold-protocol';
import type { ObjectRef } from '../../runtime/client/operations';
import type { Session } from '../clusters/session';
import { RefusedError } from '../errors';
import { t } from '../words';
import type { Workbench } from '../workbench';

export interface Guarded {
  /** What is changed, or the copy of a pod. */
  held: ObjectRef;
  /** Has the change taken back; resolves when it is. */
  release(): Promise<void>;
}

/**
 * Changes a workload for a debugger by a process that outlives the editor, and takes the change back when the editor is gone.
 * Undefined when there is nothing to change. Throws RefusedError.
 */
export async function guardTemplate(
  { podium }: Workbench,
  session: Session,
  request: Omit<HoldRequest, 'kubeconfig'>,
): Promise<Guarded | undefined> {
  const child = spawn(process.execPath, [podium.program, 'debug-hold'], {
    env: { ...process.env, ...podium.environment },
    stdio: ['pipe', 'pipe', 'ignore'],
    detached: true,
  });
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()).once('error', () => resolve()));
  const said = new Promise<string>((resolve) => createInterface({ input: child.stdout }).once('line', resolve));
  child.stdin.on('error', () => {});
  const asked: HoldRequest = { ...request, kubeconfig: session.kubeconfigText };
  child.stdin.write(JSON.stringify(asked) + '\n');
  const line = await Promise.race([said, ended]);
  const answer = holdAnswer.safeParse(line === undefined ? undefined : JSON.parse(line));
  const release = async (): Promise<void> => {
    child.stdin.end();
    await ended;
  };
  if (answer.success && 'held' in answer.data && answer.data.held) return { held: answer.data.held, release };
  await release();
  if (answer.success && 'held' in answer.data) return undefined;
  const reason = answer.success && 'error' in answer.data ? answer.data.error : t`the helper ended`;
  throw new RefusedError(t`The workload can't be changed for a debugger: ${reason}`);
}
