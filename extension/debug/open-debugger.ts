import type * as vscode from 'vscode';
import {
  attachDebugger,
  type AttachOptions,
  type DebugConnection,
  entryCommand,
} from '../../runtime/client/debug/attach';
import { type ContainerPlace, RestartNeededError } from '../../runtime/client/debug/processes';
import type { DebugChange } from '../../runtime/client/debug/template-change';
import { heldPod } from '../../runtime/client/debug/template-hold';
import { refOf } from '../../runtime/client/pods/target';
import type { Session } from '../clusters/session';
import { signalOf } from '../pods/copy-commands';
import type { Step, Workbench } from '../workbench';
import { t } from '../words';
import { type Guarded, guardTemplate } from './template-guard';
import { toolsImageOf } from './tools-image';

export interface OpenOptions {
  processId?: number | undefined;
  /** The program is started anew, and waits before its first line. */
  stopOnEntry?: boolean | undefined;
  /** All other replicas are scaled away. */
  alone?: boolean | undefined;
}

/** How long the pod of a changed workload may take to run. */
const runTimeoutMs = 120_000;

export interface Opened {
  connection: DebugConnection;
  /** Has what was changed for the debugger taken back. */
  release(): Promise<void>;
}

/**
 * Opens the way to a container's debugger, and changes the workload as far as that needs it: on clusters that aren't Podium's
 * probes are off, for their kubelets go on judging a program that stands at a breakpoint.
 */
export async function openDebugger(
  workbench: Workbench,
  session: Session,
  place: ContainerPlace,
  options: OpenOptions,
  progress: { step: Step; token: vscode.CancellationToken },
): Promise<Opened> {
  const isOurs = session.ref.kind === 'local';
  const attach: AttachOptions = {
    pid: options.processId,
    toolsImage: toolsImageOf(workbench, session, progress.step, progress.token),
    lease: isOurs,
    signal: signalOf(progress.token),
  };
  const change: DebugChange = {
    container: place.container,
    probesOff: !isOurs || (options.stopOnEntry ?? false),
    alone: options.alone ?? false,
  };
  const opening = new Opening(workbench, session, place, attach, progress.step);
  if (options.stopOnEntry)
    return opening.with({ ...change, command: await entryCommand(session.client, place, attach) });
  try {
    return await opening.with(change);
  } catch (error) {
    if (!(error instanceof RestartNeededError)) throw error;
    return opening.with({ ...change, probesOff: true, command: error.command });
  }
}

class Opening {
  constructor(
    private readonly workbench: Workbench,
    private readonly session: Session,
    private readonly place: ContainerPlace,
    private readonly attach: AttachOptions,
    private readonly step: Step,
  ) {}

  async with(change: DebugChange): Promise<Opened> {
    const guarded = await this.guard(change);
    try {
      const pod = guarded ? await this.podOf(guarded, change) : this.place.pod;
      // Numbers of processes are those of the pod that was.
      const pid = pod === this.place.pod ? this.attach.pid : undefined;
      const connection = await attachDebugger(this.session.client, { ...this.place, pod }, { ...this.attach, pid });
      return { connection, release: async () => guarded?.release() };
    } catch (error) {
      await guarded?.release();
      throw error;
    }
  }

  private async guard(change: DebugChange): Promise<Guarded | undefined> {
    if (!change.probesOff && !change.alone && !change.command) return undefined;
    this.step(t`preparing the workload`);
    const { command, ...rest } = change;
    const sent = { ...rest, ...(command && { command: [...command] }) };
    return guardTemplate(this.workbench, this.session, { pod: this.place.pod, change: sent });
  }

  private async podOf({ held }: Guarded, change: DebugChange): Promise<ContainerPlace['pod']> {
    this.step(t`waiting for a pod`);
    return refOf(await heldPod(this.session.client, held, change, runTimeoutMs, this.attach.signal));
  }
}
