import * as vscode from 'vscode';
import type { Forward, PortPair } from '../../runtime/client/pods/forward';
import type { Target } from '../../runtime/client/pods/target';
import type { Session } from '../clusters/session';

/** A forward that is open, as the list shows it. */
export interface OpenForward {
  readonly id: string;
  readonly target: Target;
  readonly forward: Forward;
  readonly cluster: string;
  /** Why the last connection failed; none since. */
  problem: string | undefined;
}

/** All forwards of this window, in one place. They end with the window. */
export class Forwards implements vscode.Disposable {
  private readonly changes = new vscode.EventEmitter<void>();
  readonly onDidChange = this.changes.event;
  private readonly open = new Map<string, OpenForward>();
  private counter = 0;

  list(): OpenForward[] {
    return [...this.open.values()];
  }

  find(id: string): OpenForward | undefined {
    return this.open.get(id);
  }

  /** Listens at the local ports. Throws what {@link Forward.open} throws. */
  async start(session: Session, target: Target, pairs: readonly PortPair[]): Promise<OpenForward> {
    const { Forward: ForwardClass } = await import('../../runtime/client/pods/forward');
    const id = String(++this.counter);
    const changed = (problem: string | undefined): void => {
      const known = this.open.get(id);
      if (known) known.problem = problem;
      this.changes.fire();
    };
    const forward = await ForwardClass.open(session.client, target, pairs, {
      pod: () => changed(undefined),
      failed: changed,
    });
    const entry: OpenForward = { id, target, forward, cluster: session.ref.name, problem: undefined };
    this.open.set(id, entry);
    this.changes.fire();
    return entry;
  }

  async stop(id: string): Promise<void> {
    const entry = this.open.get(id);
    this.open.delete(id);
    this.changes.fire();
    await entry?.forward.close();
  }

  dispose(): void {
    for (const { id } of this.list()) void this.stop(id);
    this.changes.dispose();
  }
}
