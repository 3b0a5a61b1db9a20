import { writeFileSync } from 'node:fs';
import type { Row } from '../../bench/report';
import { measureActivation } from './activation';
import { measureLogs } from './logs';
import { measureScale } from './scale';
import { measureStart } from './start';

const parts: Readonly<Record<string, () => Promise<Row[]>>> = {
  activation: measureActivation,
  scale: measureScale,
  logs: measureLogs,
  start: measureStart,
};

/** Runs one part in this window's extension host, which nothing was done in before; the rows go to the report. */
export async function run(): Promise<void> {
  const { PODIUM_BENCH: part = '', PODIUM_TEST_REPORT: report = '' } = process.env;
  const measure = parts[part];
  if (!measure) throw new Error(`there is no part "${part}"`);
  writeFileSync(report, JSON.stringify(await measure()));
}
