import { writeFileSync } from 'node:fs';
import Mocha from 'mocha';

/** Runs the suites in the extension host; the report is written when all is over. */
export async function run(): Promise<void> {
  const grep = process.env.PODIUM_TEST_GREP;
  const mocha = new Mocha({ ui: 'bdd', timeout: 60_000, reporter: 'spec', color: false, ...(grep && { grep }) });
  const rejections: string[] = [];
  process.on('unhandledRejection', (reason) => rejections.push(String((reason as Error)?.stack ?? reason)));
  mocha.suite.emit('pre-require', globalThis, 'podium', mocha);
  await import('./language');
  await import('./cluster');
  await import('./objects');
  await import('./contexts');
  await import('./states');
  await import('./views');
  await import('./scale');
  await import('./debug');
  let passed = 0;
  let failed = 0;
  await new Promise<void>((resolve) => {
    mocha
      .run(() => resolve())
      .on('pass', () => passed++)
      .on('fail', () => failed++);
  });
  const ours = rejections.filter((text) => text.includes('podium') && !/Canceled|ms-vscode\.js-debug/.test(text));
  if (ours.length > 0) {
    failed++;
    console.log(`unhandled rejections:\n${ours.join('\n')}`);
  } else {
    passed++;
  }
  const report = process.env.PODIUM_TEST_REPORT;
  if (report) writeFileSync(report, JSON.stringify({ numPassedTests: passed, numFailedTests: failed }));
  if (failed > 0) throw new Error(`${failed} tests failed`);
}
