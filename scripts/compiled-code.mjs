// Keeps beside the language server's bundle what this Node.js has compiled of it, so that no start compiles it again.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createProtocolConnection } from 'vscode-languageserver-protocol/node';

const uri = 'file:///deployment.yaml';
const text = `apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  replicas: some
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers: [{name: main, image: 'web:1'}]
---
apiVersion: v1
kind: Service
metadata: {name: web}
spec: {selector: {app: web}, ports: [{port: 80}]}
`;

/** The server writes it into the user's cache (`server/compiled-code.ts`) when it ends: here, that of nobody. */
export async function keepCompiledCode(folder) {
  const home = mkdtempSync(join(tmpdir(), 'podium-compiled-'));
  try {
    const code = await firstSession(join(folder, 'server.js'), home);
    const compiled = readdirSync(home, { recursive: true, encoding: 'utf8' }).find((name) => name.endsWith('.bin'));
    if (code !== 0 || !compiled) throw new Error(`the language server ended with ${code} and left no compiled code`);
    writeFileSync(join(folder, `language-server-${process.versions.v8}-${process.arch}.bin`), readFileSync(join(home, compiled)));
  } finally {
    rmSync(home, { recursive: true, force: true });
  }
}

/** What every session begins with: a file is opened, and something is found in it. */
async function firstSession(server, home) {
  const env = { ...process.env, HOME: home, USERPROFILE: home, XDG_CACHE_HOME: home, LOCALAPPDATA: home };
  const child = spawn(process.execPath, [server, '--stdio'], { env, stdio: ['pipe', 'pipe', 'inherit'] });
  const ended = once(child, 'exit').then(([code]) => code);
  const connection = createProtocolConnection(child.stdout, child.stdin);
  const found = new Promise((done) => connection.onNotification('textDocument/publishDiagnostics', done));
  connection.listen();
  await connection.sendRequest('initialize', { processId: process.pid, rootUri: null, workspaceFolders: null, capabilities: {} });
  void connection.sendNotification('initialized', {});
  void connection.sendNotification('textDocument/didOpen', { textDocument: { uri, languageId: 'yaml', version: 1, text } });
  await Promise.race([found, ended]);
  await connection.sendRequest('shutdown');
  void connection.sendNotification('exit');
  return ended;
}
