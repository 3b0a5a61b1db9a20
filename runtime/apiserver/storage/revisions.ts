import { finding, Path } from '../../api/finding';
import type { Finding } from '../../api/finding';
import { statusError } from '../../api/status';
import type { StatusError } from '../../api/status';
import type { Clock } from '../../clock';
import type { Revision } from '../../store/store';
import type { Cacher } from './cacher';

/** A resourceVersion as a number; 0 for "any" and for none. Undefined when it isn't one. */
export function parseRevision(text: string): Revision | undefined {
  if (text === '' || text === '0') return 0;
  return /^\d{1,20}$/.test(text) ? Number(text) : undefined;
}

export function invalidRevision(text: string): Finding {
  return finding.invalid(Path.of('resourceVersion'), text, `strconv.ParseUint: parsing ${JSON.stringify(text)}: invalid syntax`);
}

const freshnessMilliseconds = 3_000;

/** Waits for a revision that a client has seen elsewhere; 504 with upstream's cause when it doesn't come. */
export async function waitFresh(cacher: Cacher, revision: Revision, clock: Clock): Promise<void> {
  const reached = cacher.reached(revision);
  if (!reached) return;
  let cancel = (): void => undefined;
  const late = new Promise<true>((resolve) => (cancel = clock.after(freshnessMilliseconds, () => resolve(true))));
  const timedOut = await Promise.race([reached.then(() => false), late]);
  cancel();
  if (timedOut) throw tooLarge(revision, cacher.revision);
}

function tooLarge(revision: Revision, current: Revision): StatusError {
  return statusError('Timeout', `Timeout: Too large resource version: ${revision}, current: ${current}`, {
    retryAfterSeconds: 1,
    causes: [{ reason: 'ResourceVersionTooLarge', message: 'Too large resource version' }],
  });
}
