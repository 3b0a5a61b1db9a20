import type { Clock } from '../../clock';

/** A window that is loaded again is away for a moment. */
export const windowGraceMs = 60_000;

/** The editor windows that have a cluster open. The last to leave decides whether it ends with them. */
export class WindowHolds {
  private held = 0;
  private cancelEnd: () => void = () => {};

  constructor(
    private readonly clock: Clock,
    private readonly end: () => void,
    private readonly graceMs = windowGraceMs,
  ) {}

  /** Returns the release, which counts once. `endWithLast`: what this window wants if it is the last one. */
  hold(endWithLast: boolean): () => void {
    this.cancelEnd();
    this.held++;
    let released = false;
    return () => {
      if (released) return;
      released = true;
      this.held--;
      if (this.held === 0 && endWithLast) this.cancelEnd = this.clock.after(this.graceMs, this.end);
    };
  }
}
