import type { Live, UntypedObject } from '../../../runtime/api/kinds';
import { isStatusError, type StatusError } from '../../../runtime/api/status';
import { Client } from '../../../runtime/client/resource-client';
import type { Transport } from '../../../runtime/client/transport';

/** The manager that Podium's own deploys have, so that fields which the file no longer writes go as they would then. */
export const fieldManager = 'podium';

export type DryRunOutcome =
  | { readonly accepted: true; readonly object: Live<UntypedObject>; readonly warnings: readonly string[] }
  | { readonly accepted: false; readonly error: StatusError; readonly warnings: readonly string[] };

/** Asks the server what it would say to a write, admission included; nothing is written. */
export class DryRunner {
  private readonly client: Client;
  private warnings: string[] = [];
  private last: Promise<unknown> = Promise.resolve();

  /** `open` makes a transport that tells of the responses' warnings. */
  constructor(open: (onWarning: (text: string) => void) => Transport) {
    this.client = new Client(open((text) => this.warnings.push(text)));
  }

  /** By server-side apply. Throws ConnectionError. */
  apply(object: UntypedObject): Promise<DryRunOutcome> {
    return this.run(() =>
      this.client.apply(object, { fieldManager, force: true, dryRun: true, fieldValidation: 'Ignore' }),
    );
  }

  /** As a new object, which may have a generated name. Throws ConnectionError. */
  create(object: UntypedObject): Promise<DryRunOutcome> {
    return this.run(async () => {
      const resource = await this.client.resourceFor(object);
      return this.client.resource<UntypedObject>(resource).create(object, { fieldManager, dryRun: true });
    });
  }

  close(): void {
    this.client.transport.close();
  }

  /** One at a time, so that warnings are known to be its own. */
  private run(write: () => Promise<Live<UntypedObject>>): Promise<DryRunOutcome> {
    const done = this.last.then(() => this.outcome(write));
    this.last = done.catch(() => {});
    return done;
  }

  private async outcome(write: () => Promise<Live<UntypedObject>>): Promise<DryRunOutcome> {
    this.warnings = [];
    try {
      const object = await write();
      return { accepted: true, object, warnings: this.warnings };
    } catch (error) {
      if (!isStatusError(error)) throw error;
      return { accepted: false, error, warnings: this.warnings };
    }
  }
}
