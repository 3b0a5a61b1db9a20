import { describe, expect, it } from 'vitest';
import { FakeClock } from '../../clock';
import { Backoff, formatDuration } from './backoff';

describe('Backoff', () => {
  it('doubles from ten seconds to five minutes', async () => {
    const clock = new FakeClock();
    const backoff = new Backoff(clock, 10_000, 300_000);
    const delays: number[] = [];
    for (let i = 0; i < 7; i++) {
      backoff.next('a', clock.now());
      delays.push(backoff.delayMs('a') / 1000);
      await clock.advance(backoff.remaining('a'));
    }
    expect(delays).toEqual([10, 20, 40, 80, 160, 300, 300]);
  });

  it('counts from the event', async () => {
    const clock = new FakeClock();
    const backoff = new Backoff(clock, 10_000, 300_000);
    const ended = clock.now();
    backoff.next('a', ended);
    await clock.advance(4000);
    expect(backoff.remainingSince('a', ended)).toBe(6000);
    expect(backoff.remainingSince('b', ended)).toBe(0);
  });

  it('starts afresh after ten minutes of peace', async () => {
    const clock = new FakeClock();
    const backoff = new Backoff(clock, 10_000, 300_000);
    backoff.next('a', clock.now());
    backoff.next('a', clock.now());
    await clock.advance(601_000);
    expect(backoff.remainingSince('a', clock.now())).toBe(0);
    backoff.next('a', clock.now());
    expect(backoff.delayMs('a')).toBe(10_000);
  });
});

describe('durations', () => {
  it.each([
    [10_000, '10s'],
    [80_000, '1m20s'],
    [300_000, '5m0s'],
    [1500, '1.5s'],
    [250, '250ms'],
    [0, '0s'],
    [3_600_000, '1h0m0s'],
  ])('%i ms is %s', (milliseconds, expected) => {
    expect(formatDuration(milliseconds)).toBe(expected);
  });
});
