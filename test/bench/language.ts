import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { editorMethods } from '../../runtime/client/editor-protocol';
import { BenchClient, type LanguageServer, podium, yamlLanguageServer } from './language-servers';
import { percentile, type Row } from './report';

const starts = 7;
const files = 60;
const edits = 30;
const questions = 60;

/** The language server beside yaml-language-server, over stdio, on the same files, in turn. */
export async function benchLanguage(): Promise<Row[]> {
  const folder = mkdtempSync(join(tmpdir(), 'podium-bench-language-'));
  try {
    const empty = join(folder, 'empty');
    mkdirSync(empty);
    const ours = await measure(podium, empty);
    const peer = yamlLanguageServer();
    const theirs = await measure(peer, empty);
    const compared = ours.map((row, i) => ({ ...row, peer: peer.name, peerValue: theirs[i]?.value ?? 0 }));
    return [...compared, ...(await pullRows(empty)), ...(await workspaceRows(folder))];
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function measure(server: LanguageServer, folder: string): Promise<Row[]> {
  const start: number[] = [];
  for (let i = 0; i < starts; i++) start.push(await startToFinding(server, folder));
  const client = await BenchClient.start(server, folder);
  try {
    const perFile = await fileTimes(client, folder);
    const edit = await editTimes(client, folder);
    const asked = await questionTimes(client, folder);
    return [
      { name: 'language: start of the process to first finding, median', value: percentile(start, 0.5), unit: 'ms' },
      { name: 'language: opening a file to its findings, median', value: percentile(perFile, 0.5), unit: 'ms' },
      { name: 'language: edit to findings in a file of 200 documents, median', value: percentile(edit, 0.5), unit: 'ms' },
      { name: 'language: completion in that file, p95', value: percentile(asked.completion, 0.95), unit: 'ms' },
      { name: 'language: hover in that file, p95', value: percentile(asked.hover, 0.95), unit: 'ms' },
    ];
  } finally {
    await client.stop();
  }
}

async function startToFinding(server: LanguageServer, folder: string): Promise<number> {
  const begin = performance.now();
  const client = await BenchClient.start(server, folder);
  const found = await client.open(uriIn(folder, 'first.yaml'), manifests(1).replace('replicas: 3', 'replicas: many'));
  const time = performance.now() - begin;
  if (found.length === 0) throw new Error(`${server.name} finds nothing wrong with "replicas: many"`);
  await client.stop();
  return time;
}

async function fileTimes(client: BenchClient, folder: string): Promise<number[]> {
  const times: number[] = [];
  for (let i = 0; i < files; i++) {
    const uri = uriIn(folder, `file-${i}.yaml`);
    const begin = performance.now();
    await client.open(uri, manifests(1, i));
    times.push(performance.now() - begin);
    await client.close(uri);
  }
  return times;
}

async function editTimes(client: BenchClient, folder: string): Promise<number[]> {
  const uri = uriIn(folder, 'large.yaml');
  const text = manifests(100);
  await client.open(uri, text);
  const line = middleLine(text);
  const times: number[] = [];
  for (let i = 0; i < edits; i++) {
    const begin = performance.now();
    // In turn right and wrong, so that the findings change.
    await client.edit(uri, line, 12, 13, i % 2 ? '3' : 'x');
    times.push(performance.now() - begin);
  }
  return times;
}

/** As an editor that asks for findings sees them: opening or editing, and the answer. */
async function pullRows(folder: string): Promise<Row[]> {
  const client = await BenchClient.start(podium, folder, true);
  try {
    const perFile: number[] = [];
    for (let i = 0; i < files; i++) {
      const uri = uriIn(folder, `pulled-${i}.yaml`);
      const begin = performance.now();
      client.show(uri, manifests(1, i));
      await client.pull(uri);
      perFile.push(performance.now() - begin);
      await client.close(uri);
    }
    const edit = await pulledEdits(client, uriIn(folder, 'pulled.yaml'));
    return [
      { name: 'language: opening a file and asking for its findings, median', value: percentile(perFile, 0.5), unit: 'ms' },
      { name: 'language: editing a file of 200 documents and asking, median', value: percentile(edit, 0.5), unit: 'ms' },
    ];
  } finally {
    await client.stop();
  }
}

async function pulledEdits(client: BenchClient, uri: string): Promise<number[]> {
  const text = manifests(100);
  const line = middleLine(text);
  client.show(uri, text);
  await client.pull(uri);
  const times: number[] = [];
  for (let i = 0; i < edits; i++) {
    const begin = performance.now();
    client.change(uri, line, 12, 13, i % 2 ? '3' : 'x');
    const found = await client.pull(uri);
    times.push(performance.now() - begin);
    if (found.length === 0 && i % 2 === 0) throw new Error('nothing is found wrong with "replicas: x"');
  }
  return times;
}

/** Of a Deployment's replicas. */
const middleLine = (text: string): number =>
  text.slice(0, text.indexOf('replicas: ', text.length / 2)).split('\n').length - 1;

async function questionTimes(client: BenchClient, folder: string): Promise<{ completion: number[]; hover: number[] }> {
  const uri = uriIn(folder, 'large.yaml');
  const lines = manifests(100).split('\n');
  const times = { completion: [] as number[], hover: [] as number[] };
  for (let i = 0; i < questions; i++) {
    const line = Math.floor((lines.length * (i + 1)) / (questions + 2));
    const character = /^[\s-]*/.exec(lines[line] ?? '')?.[0].length ?? 0;
    for (const what of ['completion', 'hover'] as const) {
      const begin = performance.now();
      await client.connection.sendRequest(`textDocument/${what}`, {
        textDocument: { uri },
        position: { line, character: character + 1 },
      });
      times[what].push(performance.now() - begin);
    }
  }
  return times;
}

/** Only Podium has an index of the workspace. */
async function workspaceRows(folder: string): Promise<Row[]> {
  const rows: Row[] = [];
  for (const count of [1000, 20_000]) {
    const workspace = join(folder, `workspace-${count}`);
    writeWorkspace(workspace, count);
    const begin = performance.now();
    const client = await BenchClient.start(podium, workspace);
    const { objects } = await client.connection.sendRequest<{ objects: number }>(editorMethods.workspaceIndexed);
    const seconds = (performance.now() - begin) / 1000;
    if (objects !== count * 2) throw new Error(`${objects} objects were indexed of ${count * 2}`);
    const of = `${count.toLocaleString('en-US')} files`;
    rows.push({ name: `language: start to a workspace of ${of} indexed`, value: seconds, unit: 's' });
    rows.push({ name: `language: resident with ${of}`, value: client.memory(), unit: 'MB' });
    await client.stop();
  }
  return rows;
}

function writeWorkspace(folder: string, count: number): void {
  for (let i = 0; i < count; i++) {
    const team = join(folder, `team-${i % 50}`);
    if (i < 50) mkdirSync(team, { recursive: true });
    writeFileSync(join(team, `app-${i}.yaml`), manifests(1, i));
  }
}

const uriIn = (folder: string, name: string): string => pathToFileURL(join(folder, name)).href;

/** So many Deployments, each with its Service. */
function manifests(count: number, first = 0): string {
  return Array.from({ length: count }, (_, i) => application(`app-${first + i}`)).join('---\n');
}

const application = (name: string): string => `apiVersion: apps/v1
kind: Deployment
metadata:
  name: ${name}
  labels:
    app.kubernetes.io/name: ${name}
spec:
  replicas: 3
  selector:
    matchLabels:
      app.kubernetes.io/name: ${name}
  template:
    metadata:
      labels:
        app.kubernetes.io/name: ${name}
    spec:
      containers:
        - name: main
          image: registry.example/shop/${name}:1.0.0
          ports:
            - name: http
              containerPort: 8080
          env:
            - name: LOG_LEVEL
              value: info
            - name: PASSWORD
              valueFrom:
                secretKeyRef:
                  name: ${name}
                  key: password
          resources:
            requests:
              cpu: 100m
              memory: 128Mi
            limits:
              memory: 256Mi
          readinessProbe:
            httpGet:
              path: /ready
              port: http
---
apiVersion: v1
kind: Service
metadata:
  name: ${name}
spec:
  selector:
    app.kubernetes.io/name: ${name}
  ports:
    - name: http
      port: 80
      targetPort: http
`;
