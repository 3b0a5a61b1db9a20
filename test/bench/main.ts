import { ensureBusybox } from '../support/images';
import { benchApi } from './api';
import { benchCluster } from './bench-cluster';
import { benchScheduling, benchStart } from './cluster';
import { benchDev } from './dev';
import { benchLanguage } from './language';
import { printRows, type Row, writeRows } from './report';
import { benchStore } from './store';

/** `npm run bench -- [--json FILE] [--only store,api,scheduling,start,language,dev]` */
async function main(args: readonly string[]): Promise<void> {
  const option = (name: string): string | undefined => (args.includes(name) ? args[args.indexOf(name) + 1] : undefined);
  const only = option('--only')?.split(',');
  const suites: [string, () => Promise<Row[]>][] = [
    ['store', benchStore],
    ['api', apiSuite],
    ['scheduling', benchScheduling],
    ['start', startSuite],
    ['language', benchLanguage],
    ['dev', benchDev],
  ];
  const rows: Row[] = [];
  for (const [name, run] of suites) {
    if (only && !only.includes(name)) continue;
    process.stderr.write(`measuring ${name} …\n`);
    rows.push(...(await run()));
  }
  printRows(rows);
  const file = option('--json');
  if (file) writeRows(file, rows);
}

async function apiSuite(): Promise<Row[]> {
  const cluster = benchCluster('api', '--runtime', 'simulated', '--nodes', '0');
  try {
    return await benchApi(cluster, __dirname);
  } finally {
    cluster.down();
  }
}

function startSuite(): Promise<Row[]> {
  ensureBusybox();
  return benchStart();
}

main(process.argv.slice(2)).then(() => process.exit(0), (error: Error) => {
  console.error(error.stack);
  process.exit(1);
});
