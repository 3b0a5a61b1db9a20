import { existsSync } from 'node:fs';
import { request } from 'node:http';
import { dirname, join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Command } from 'commander';
import type { Live, Pod } from '../../api/kinds';
import type { Client } from '../../client/resource-client';
import { findDaemon } from '../../cluster/control/control-client';
import { connectEngine } from '../../cluster/engine';
import { buildFolder } from '../../cluster/images/sample-images';
import { connectCluster } from '../connection';
import { StepDisplay, UserError } from '../output';
import { nameOption, up } from './cluster';
import { apply } from './objects';

const selector = 'app=guestbook';
const requests = 30;
const readyTimeoutMs = 180_000;

export function registerDemoCommands(program: Command): void {
  program
    .command('build <folder>')
    .description('build an image that the cluster\'s pods can run at once')
    .requiredOption('-t, --tag <tag>', 'name of the image')
    .action(async (folder: string, { tag }: { tag: string }) => {
      if (!existsSync(join(folder, 'Dockerfile'))) throw new UserError(`${folder} has no Dockerfile`);
      const outcome = await buildFolder(await connectEngine(), folder, tag, (line) => process.stderr.write(`  ${line}\n`));
      process.stdout.write(outcome === 'built' ? `${tag} is built\n` : `${tag} is up to date\n`);
    });
  program
    .command('demo')
    .description('start a cluster and run the guestbook sample on it')
    .addOption(nameOption())
    .option('--samples <folder>', 'folder of the samples')
    .action(demo);
}

async function demo({ name, samples }: { name: string; samples?: string }): Promise<void> {
  const folder = join(samplesFolder(samples), 'guestbook');
  await up({ name, wait: true });
  const report = await findDaemon(name)?.report();
  const display = new StepDisplay();
  if (report?.runtime === 'docker') await buildImages(folder, display);
  process.stdout.write('\n$ podium apply -f samples/guestbook/\n');
  await apply({ name, namespace: 'default', filename: [folder] });
  const { client, close } = connectCluster(name);
  try {
    const pods = await waitForPods(client, display);
    display.done(`${pods.length} pods are ready`);
    const address = report?.runtime === 'docker' ? await guestbookAddress(name) : undefined;
    const answers = address ? await sendRequests(address, display) : new Map<string, number>();
    printPods(pods, answers);
    printNext(name, address);
  } finally {
    close();
  }
}

async function buildImages(folder: string, display: StepDisplay): Promise<void> {
  const engine = await connectEngine();
  for (const part of ['backend', 'frontend']) {
    display.step(`building podium/guestbook-${part}:1`);
    await buildFolder(engine, join(folder, 'images', part), `podium/guestbook-${part}:1`, () => {});
  }
  display.done('the sample\'s images are built');
}

/** The sample's pods once each of them is Ready. */
async function waitForPods(client: Client, display: StepDisplay): Promise<Live<Pod>[]> {
  const started = Date.now();
  for (;;) {
    const { items } = await client.pods.list({ namespace: 'default', labelSelector: selector });
    const ready = items.filter(({ status }) => status?.conditions?.some(({ type, status: state }) => type === 'Ready' && state === 'True'));
    if (items.length >= 6 && ready.length === items.length) return items;
    if (Date.now() - started > readyTimeoutMs) throw new UserError(`only ${ready.length} of ${items.length} pods are ready; "podium get pods" tells more`);
    display.step(`${ready.length} of ${items.length || 6} pods are ready`);
    await sleep(200);
  }
}

async function guestbookAddress(name: string): Promise<string> {
  for (let attempt = 0; attempt < 100; attempt++) {
    const found = (await findDaemon(name)?.report())?.loadBalancers.find(({ service }) => service === 'default/frontend');
    if (found) return found.address;
    await sleep(100);
  }
  throw new UserError('the Service "frontend" was given no address');
}

/** How many of the requests each backend answered. */
async function sendRequests(address: string, display: StepDisplay): Promise<Map<string, number>> {
  const answers = new Map<string, number>();
  display.step(`sending ${requests} requests to http://${address}`);
  for (let sent = 0; sent < requests; sent++) {
    const { backend } = await getJson<{ backend: string }>(`http://${address}/messages`);
    answers.set(backend, (answers.get(backend) ?? 0) + 1);
  }
  display.done(`${requests} requests through the Service were answered by ${answers.size} backends`);
  return answers;
}

function getJson<T>(url: string): Promise<T> {
  return new Promise((resolve, reject) => {
    const outgoing = request(url, { agent: false, timeout: 10_000 }, (response) => {
      let body = '';
      response.setEncoding('utf8').on('data', (chunk: string) => (body += chunk));
      response.on('end', () => {
        if (response.statusCode !== 200) reject(new UserError(`${url} answered ${response.statusCode}: ${body}`));
        else resolve(JSON.parse(body) as T);
      });
    });
    outgoing.on('timeout', () => outgoing.destroy(new UserError(`${url} did not answer`)));
    outgoing.on('error', reject).end();
  });
}

function printPods(pods: readonly Live<Pod>[], answers: ReadonlyMap<string, number>): void {
  const nodes = [...new Set(pods.map(({ spec }) => spec?.nodeName ?? '(none)'))].sort();
  process.stdout.write('\n');
  for (const node of nodes) {
    process.stdout.write(`${node}\n`);
    for (const { metadata, status } of pods.filter(({ spec }) => (spec?.nodeName ?? '(none)') === node)) {
      const answered = answers.get(metadata.name);
      process.stdout.write(`  ${metadata.name.padEnd(16)} ${(status?.podIP ?? '').padEnd(14)} ${answered ? `answered ${answered} of ${requests} requests` : ''}`.trimEnd());
      process.stdout.write('\n');
    }
  }
}

function printNext(name: string, address: string | undefined): void {
  const flag = name === 'podium' ? '' : ` --name ${name}`;
  const lines = [
    '',
    ...(address ? [`Guestbook        http://${address}`] : ['The nodes are simulated: pods have no processes, so nothing serves. With Docker Engine they would.']),
    `kubectl          npx podium kubeconfig${flag} > kubeconfig && kubectl --kubeconfig kubeconfig get pods -o wide`,
    `without kubectl  npx podium get pods -o wide${flag}`,
    'in the editor    npm run package, then "Extensions: Install from VSIX…" in VS Code',
    `end it           npx podium down${flag}`,
    '',
  ];
  process.stdout.write(`${lines.join('\n')}`);
}

function samplesFolder(given: string | undefined): string {
  if (given) return resolve(given);
  for (let folder = __dirname; dirname(folder) !== folder; folder = dirname(folder)) {
    if (existsSync(join(folder, 'samples/guestbook'))) return join(folder, 'samples');
  }
  throw new UserError('the samples are not here: name their folder with --samples');
}
