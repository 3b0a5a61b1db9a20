/** Turns of the event loop in which a message that has arrived is read, decoded and handled. */
const turns = 5;

/**
 * Runs something once it has been quiet for a while, unless it is cancelled before. A timer that is due runs before
 * messages that arrived while the server was busy; they are let go first, for one of them may cancel this.
 */
export class Quiet {
  private readonly timer: NodeJS.Timeout | undefined;
  private turn: NodeJS.Immediate | undefined;

  constructor(
    private readonly run: () => void,
    delayMs: number,
  ) {
    // The shortest timer is one of a millisecond.
    if (delayMs === 0) this.wait(turns);
    else this.timer = setTimeout(() => this.wait(turns), delayMs);
  }

  cancel(): void {
    clearTimeout(this.timer);
    clearImmediate(this.turn);
  }

  private wait(left: number): void {
    if (left === 0) this.run();
    else this.turn = setImmediate(() => this.wait(left - 1));
  }
}
