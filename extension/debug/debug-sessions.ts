import * as vscode from 'vscode';
import type { DebugConnection } from '../../runtime/client/debug/attach';
import type { ContainerPlace } from '../../runtime/client/debug/processes';
import { inBackground } from '../notify';
import { sessionKey } from './debug-sessions-key';

interface Running {
  connection: DebugConnection;
  end: () => Promise<void>;
}

/** What debug sessions hold open: forwards, leases, what was deployed. Given back when the session ends, however it ends. */
export class DebugSessions implements vscode.Disposable {
  private readonly running = new Map<string, Running>();
  private readonly subscription: vscode.Disposable;
  private counter = 0;

  constructor() {
    this.subscription = vscode.debug.onDidTerminateDebugSession(({ configuration, parentSession }) => {
      const id = configuration[sessionKey] as string | undefined;
      // A subprocess's session has its parent's configuration, and ends before it.
      const isOwn = parentSession?.configuration[sessionKey] !== id;
      if (id !== undefined && isOwn) inBackground(this.end(id), 'the end of a debug session');
    });
  }

  get count(): number {
    return this.running.size;
  }

  /** Which container a session is in; undefined when it has ended. */
  placeOf(id: string): ContainerPlace | undefined {
    return this.running.get(id)?.connection.place;
  }

  /** Whether a session has the process already. */
  has({ place, pid }: Pick<DebugConnection, 'place' | 'pid'>): boolean {
    return [...this.running.values()].some(
      ({ connection }) =>
        connection.pid === pid &&
        connection.place.container === place.container &&
        connection.place.pod.name === place.pod.name &&
        connection.place.pod.namespace === place.pod.namespace,
    );
  }

  /** Returns the name of the session; `more` runs when it ends. */
  add(connection: DebugConnection, more: () => Promise<void>): string {
    const id = `${process.pid}-${++this.counter}`;
    const end = async (): Promise<void> => {
      await connection.close();
      await more();
    };
    this.running.set(id, { connection, end });
    return id;
  }

  /** Starts the debugger; one that doesn't start gives everything back. */
  async start(folder: vscode.WorkspaceFolder | undefined, inner: vscode.DebugConfiguration): Promise<boolean> {
    const started = await vscode.debug.startDebugging(folder, inner);
    if (!started) await this.end(String(inner[sessionKey]));
    return started;
  }

  dispose(): void {
    this.subscription.dispose();
    for (const id of this.running.keys()) void this.end(id);
  }

  private async end(id: string): Promise<void> {
    const found = this.running.get(id);
    this.running.delete(id);
    await found?.end();
  }
}
