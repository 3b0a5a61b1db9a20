import { isStatusError } from '../../api/status';
import type { Transport, TransportRequest } from '../../client/transport';

/** One run at a time of what brings objects up to date; what is asked for meanwhile is one more run. */
export class Settling {
  private running: Promise<void> | undefined;
  private again = false;
  private ended = false;

  /** `settle` may throw: `failed` is told unless it was closed meanwhile, and the next request tries anew. */
  constructor(
    private readonly settle: () => Promise<void>,
    private readonly failed: (error: unknown) => void,
  ) {}

  get closed(): boolean {
    return this.ended;
  }

  request(): void {
    if (this.ended) return;
    if (this.running) return void (this.again = true);
    this.running = this.run();
  }

  private async run(): Promise<void> {
    do {
      this.again = false;
      await this.settle().catch((error: unknown) => {
        if (!this.ended) this.failed(error);
      });
    } while (this.again && !this.ended);
    this.running = undefined;
  }

  /** Resolves when the last run has ended. */
  async close(): Promise<void> {
    this.ended = true;
    await this.running;
  }
}

/** A create or delete of an object that is to exist or not: somebody else's write that came first is as good. */
export async function ensure(transport: Transport, request: TransportRequest): Promise<void> {
  try {
    await transport.request(request);
  } catch (error) {
    if (!isStatusError(error, 'AlreadyExists') && !isStatusError(error, 'NotFound')) throw error;
  }
}
