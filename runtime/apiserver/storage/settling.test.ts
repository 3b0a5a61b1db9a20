import { describe, expect, it } from 'vitest';
import { Settling } from './settling';

/** Runs that the test ends one by one, and the errors that were told. */
function recorded() {
  const ends: { resolve: () => void; reject: (error: Error) => void }[] = [];
  const errors: unknown[] = [];
  const settling = new Settling(
    () => new Promise<void>((resolve, reject) => ends.push({ resolve, reject })),
    (error) => errors.push(error),
  );
  return { settling, ends, errors };
}

const turn = () => new Promise<void>((resolve) => setImmediate(resolve));

describe('Settling', () => {
  it('runs once more, however often it was asked during a run', async () => {
    const { settling, ends } = recorded();
    settling.request();
    settling.request();
    settling.request();
    expect(ends).toHaveLength(1);
    ends[0]!.resolve();
    await turn();
    expect(ends).toHaveLength(2);
    ends[1]!.resolve();
    await turn();
    expect(ends).toHaveLength(2);
  });

  it('tells of a failure and runs again when asked', async () => {
    const { settling, ends, errors } = recorded();
    settling.request();
    ends[0]!.reject(new Error('refused'));
    await turn();
    expect(errors).toEqual([new Error('refused')]);
    settling.request();
    expect(ends).toHaveLength(2);
  });

  it('is closed when the last run has ended, and then runs no more', async () => {
    const { settling, ends, errors } = recorded();
    settling.request();
    settling.request();
    let closed = false;
    const closing = settling.close().then(() => (closed = true));
    await turn();
    expect(closed).toBe(false);
    ends[0]!.reject(new Error('the server is gone'));
    await closing;
    settling.request();
    expect(ends).toHaveLength(1);
    expect(errors).toEqual([]);
  });
});
