/** Runs something soon after it is asked for, once for many askings, and never more often than told. */
export class Throttle {
  private timer: NodeJS.Timeout | undefined;
  private lastRun = 0;

  constructor(
    private readonly run: () => void,
    private readonly options: { delayMs: number; gapMs: number },
  ) {}

  ask(): void {
    const { delayMs, gapMs } = this.options;
    const wait = Math.max(delayMs, this.lastRun + gapMs - Date.now());
    this.timer ??= setTimeout(() => {
      this.timer = undefined;
      this.lastRun = Date.now();
      this.run();
    }, wait);
  }

  stop(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
  }
}
