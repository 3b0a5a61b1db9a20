import { expect, it } from 'vitest';
import { LineSplitter } from './line-splitter';

it('cuts bytes into lines with their times, wherever the pieces end', () => {
  const text = Buffer.from('2026-01-02T03:04:05.678Z grüße\n2026-01-02T03:04:06Z two\nno time\nlast');
  for (let cut = 0; cut <= text.length; cut++) {
    const splitter = new LineSplitter(3);
    expect([...splitter.push(text.subarray(0, cut)), ...splitter.push(text.subarray(cut)), ...splitter.end()]).toEqual([
      [3, '2026-01-02T03:04:05.678Z', 'grüße'],
      [3, '2026-01-02T03:04:06Z', 'two'],
      [3, '', 'no time'],
      [3, '', 'last'],
    ]);
  }
});

it('shows binary and coloured output as text', () => {
  const splitter = new LineSplitter(0);
  const [[, , binary], [, , coloured]] = splitter.push(
    Buffer.from([0xff, 0x00, 0x41, 0x0a, ...Buffer.from('\u001B[31mred\u001B[0m\r\n')]),
  ) as [readonly [number, string, string], readonly [number, string, string]];
  expect(binary).toBe('\uFFFD\uFFFDA');
  expect(coloured).toBe('red');
});

it('cuts a line that never ends', () => {
  const splitter = new LineSplitter(0);
  for (let i = 0; i < 50; i++) splitter.push(Buffer.alloc(10_000, 'x'));
  const [line] = splitter.push(Buffer.from('\n'));
  expect(line?.[2].length).toBeLessThan(20_000);
});
