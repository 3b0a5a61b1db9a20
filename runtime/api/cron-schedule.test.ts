import { describe, expect, it } from 'vitest';
import { Schedule } from './cron-schedule';

const next = (text: string, from: string, zone?: string): string | undefined => {
  const found = Schedule.parse(text, zone).next(Date.parse(from));
  return found === undefined ? undefined : new Date(found).toISOString().replace(/:00\.000Z$/, 'Z');
};

describe('cron schedules', () => {
  it.each([
    ['*/15 * * * *', '2026-01-01T00:00:30Z', '2026-01-01T00:15Z'],
    ['0 0 * * *', '2026-01-01T00:00:00Z', '2026-01-02T00:00Z'],
    ['30 9 * * mon-fri', '2026-01-02T10:00:00Z', '2026-01-05T09:30Z'],
    ['0 0 29 2 *', '2026-01-01T00:00:00Z', '2028-02-29T00:00Z'],
    ['0 0 13 * 5', '2026-01-01T00:00:00Z', '2026-01-02T00:00Z'],
    ['5/20 1 * JAN *', '2026-01-01T01:06:00Z', '2026-01-01T01:25Z'],
    ['@hourly', '2026-01-01T00:59:59Z', '2026-01-01T01:00Z'],
    ['@every 1h30m', '2026-01-01T00:00:00Z', '2026-01-01T01:30Z'],
  ])('%s after %s', (text, from, expected) => {
    expect(next(text, from)).toBe(expected);
  });

  it('never comes', () => {
    expect(next('0 0 31 2 *', '2026-01-01T00:00:00Z')).toBeUndefined();
  });

  it('follows the time zone over a change of the clocks', () => {
    expect(next('0 9 * * *', '2026-03-28T09:00:00Z', 'Europe/Berlin')).toBe('2026-03-29T07:00Z');
    expect(next('0 9 * * *', '2026-03-27T09:00:00Z', 'Europe/Berlin')).toBe('2026-03-28T08:00Z');
    expect(next('30 2 * * *', '2026-03-28T12:00:00Z', 'Europe/Berlin')).toBe('2026-03-30T00:30Z');
  });

  it.each(['* * * *', '60 * * * *', '* * 0 * *', 'a * * * *', '*/0 * * * *', '5-1 * * * *', '@sometimes'])('refuses %s', (text) => {
    expect(() => Schedule.parse(text)).toThrow();
  });

  it('refuses an unknown time zone', () => {
    expect(() => Schedule.parse('* * * * *', 'Mars/Olympus')).toThrow(RangeError);
  });
});
