/** Steps of a start as a person sees them, and when each milestone was reached. */
export class Progress {
  readonly timings: Record<string, number> = {};
  message = 'starting';

  constructor(private readonly onStep: (message: string) => void = () => {}) {}

  step(message: string): void {
    this.message = message;
    this.onStep(message);
  }

  /** Milliseconds since the process started, by milestone. */
  reached(milestone: string): void {
    this.timings[milestone] ??= Math.round(performance.now());
  }
}
