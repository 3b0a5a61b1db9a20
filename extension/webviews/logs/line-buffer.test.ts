import { expect, it } from 'vitest';
import type { LogLine } from '../../logs/protocol';
import { LineBuffer } from './line-buffer';

const lines = (from: number, to: number): LogLine[] =>
  Array.from({ length: to - from }, (_, i) => [0, '', `line ${from + i}`] as const);
const texts = (buffer: LineBuffer): string[] =>
  Array.from({ length: buffer.shown }, (_, i) => buffer.at(i)?.[2] ?? '?');

it('keeps the newest lines, and tells how many went', () => {
  const buffer = new LineBuffer(10);
  expect(buffer.push(lines(0, 11))).toBe(0);
  expect(buffer.push(lines(11, 13))).toBe(3);
  expect(texts(buffer)).toEqual(lines(3, 13).map(([, , text]) => text));
});

it('shows the lines that match, also of those that come and go later', () => {
  const buffer = new LineBuffer(10);
  buffer.push(lines(0, 8));
  buffer.filter(([, , text]) => /[05]$/.test(text));
  expect(texts(buffer)).toEqual(['line 0', 'line 5']);
  expect(buffer.push(lines(8, 20))).toBe(2);
  expect(texts(buffer)).toEqual(['line 10', 'line 15']);
  buffer.filter(undefined);
  expect(buffer.shown).toBe(10);
  buffer.clear();
  buffer.push(lines(20, 21));
  expect(texts(buffer)).toEqual(['line 20']);
});
