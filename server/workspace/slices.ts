/** Long work in slices, between which requests are answered. */
export class Slices {
  private start = Date.now();

  constructor(private readonly sliceMs = 10) {}

  /** Waits for others if the slice is used up. */
  async pause(): Promise<void> {
    if (Date.now() - this.start < this.sliceMs) return;
    await new Promise(setImmediate);
    this.start = Date.now();
  }
}
