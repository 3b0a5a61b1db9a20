import { expect, it } from 'vitest';
import { FakeClock } from '../../clock';
import { WindowHolds } from './window-holds';

function holds(): { clock: FakeClock; windows: WindowHolds; ended: () => number } {
  const clock = new FakeClock();
  let ends = 0;
  return { clock, windows: new WindowHolds(clock, () => ends++, 60_000), ended: () => ends };
}

it('ends a minute after the last window, not after the first', async () => {
  const { clock, windows, ended } = holds();
  const [first, second] = [windows.hold(true), windows.hold(true)];
  first();
  first();
  await clock.advance(120_000);
  expect(ended()).toBe(0);
  second();
  await clock.advance(59_000);
  expect(ended()).toBe(0);
  await clock.advance(2000);
  expect(ended()).toBe(1);
});

it('goes on for a window that is loaded again', async () => {
  const { clock, windows, ended } = holds();
  windows.hold(true)();
  await clock.advance(5000);
  windows.hold(true);
  await clock.advance(120_000);
  expect(ended()).toBe(0);
});

it('goes on when the last window wants it to', async () => {
  const { clock, windows, ended } = holds();
  const keeps = windows.hold(false);
  windows.hold(true)();
  keeps();
  await clock.advance(120_000);
  expect(ended()).toBe(0);
});
