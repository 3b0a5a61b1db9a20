import * as assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { get } from 'node:http';
import { join } from 'node:path';
import { promisify } from 'node:util';
import * as vscode from 'vscode';
import { eventually, extension } from './support';

export interface Stopped {
  session: vscode.DebugSession;
  threadId: number;
}

export interface Frame {
  id: number;
  line: number;
  source: { path: string };
}

export interface PodFacts {
  name: string;
  restarts: number;
  ready: boolean;
  annotations: Record<string, string>;
}

export interface DeploymentFacts {
  metadata: { annotations?: Record<string, string>; labels?: Record<string, string> };
  spec: {
    replicas: number;
    template: { spec: { containers: { command?: string[]; livenessProbe?: object; readinessProbe?: object }[] } };
  };
}

/** A cluster to debug in, programs in the workspace, and what the debuggers say. */
export class DebugFixture {
  readonly cluster = `editor-debug-${process.pid}`;
  stopped: Stopped | undefined;
  private readonly tracker: vscode.Disposable;

  constructor() {
    this.tracker = vscode.debug.registerDebugAdapterTrackerFactory('*', {
      createDebugAdapterTracker: (session) => ({
        onDidSendMessage: (message: { event?: string; body?: { threadId?: number } }) => {
          if (message.event === 'stopped') this.stopped = { session, threadId: message.body?.threadId ?? 0 };
        },
      }),
    });
  }

  async up(): Promise<void> {
    await this.podium('up', '--runtime', 'docker', '--nodes', '1', '--wait');
    await extension().activate();
    await vscode.commands.executeCommand('podium.chooseCluster', { kind: 'local', name: this.cluster });
  }

  async down(): Promise<void> {
    await vscode.debug.stopDebugging();
    vscode.debug.removeBreakpoints(vscode.debug.breakpoints);
    this.tracker.dispose();
    await vscode.commands.executeCommand('podium.stopForward');
    await this.podium('down');
  }

  /** Makes a folder of the workspace. Returns its path. */
  write(folder: string, files: Record<string, string>): string {
    const path = join(vscode.workspace.workspaceFolders?.[0]?.uri.fsPath ?? '', folder);
    mkdirSync(path, { recursive: true });
    for (const [name, text] of Object.entries(files)) writeFileSync(join(path, name), text);
    return path;
  }

  async podium(command: string, ...args: string[]): Promise<string> {
    return runPodium(command, '--name', this.cluster, ...args);
  }

  /** Those that stay. */
  async pods(app: string): Promise<PodFacts[]> {
    interface Pods {
      items: {
        metadata: { name: string; deletionTimestamp?: string; annotations?: Record<string, string> };
        status: { containerStatuses?: { restartCount: number; ready: boolean }[] };
      }[];
    }
    const { items } = JSON.parse(await this.podium('get', 'pods', '-l', `app=${app}`, '-o', 'json')) as Pods;
    return items
      .filter(({ metadata }) => !metadata.deletionTimestamp)
      .map(({ metadata, status }) => ({
        name: metadata.name,
        restarts: status.containerStatuses?.[0]?.restartCount ?? 0,
        ready: status.containerStatuses?.[0]?.ready ?? false,
        annotations: metadata.annotations ?? {},
      }));
  }

  async deploymentOf(app: string): Promise<DeploymentFacts> {
    return JSON.parse(await this.podium('get', 'deployment', app, '-o', 'json')) as DeploymentFacts;
  }

  breakAt(file: string, line: number): void {
    const location = new vscode.Location(vscode.Uri.file(file), new vscode.Position(line - 1, 0));
    vscode.debug.addBreakpoints([new vscode.SourceBreakpoint(location)]);
  }

  isStopped(): Promise<Stopped> {
    return eventually(() => {
      assert.ok(this.stopped, 'nothing has stopped at a breakpoint');
      return this.stopped;
    }, 40_000);
  }

  /** The debugger sets its breakpoints a moment after it is there. Resolves with the answer that the breakpoint held up. */
  async askUntilStopped(port: number, name: string): Promise<{ answer: string }> {
    const stopped = this.isStopped();
    for (;;) {
      const answer = ask(port, name);
      const isHeld = await Promise.race([answer.then(() => false), stopped.then(() => true)]);
      if (isHeld) return { answer: await answer };
      await new Promise((resolve) => setTimeout(resolve, 500));
    }
  }

  async topFrame({ session, threadId }: Stopped): Promise<Frame | undefined> {
    const asked = { threadId, startFrame: 0, levels: 1 };
    return ((await session.customRequest('stackTrace', asked)) as { stackFrames: Frame[] }).stackFrames[0];
  }

  async evaluate({ session }: Stopped, frame: Frame | undefined, expression: string): Promise<string> {
    const asked = { expression, frameId: frame?.id, context: 'watch' };
    return ((await session.customRequest('evaluate', asked)) as { result: string }).result;
  }

  async go({ session, threadId }: Stopped): Promise<void> {
    this.stopped = undefined;
    await session.customRequest('continue', { threadId });
  }

  async forward(app: string): Promise<number> {
    const ports = await vscode.commands.executeCommand<number[]>('podium.forward', deploymentRef(app), [':8080']);
    assert.ok(ports?.[0], 'nothing is forwarded');
    return ports[0];
  }
}

export async function runPodium(...args: string[]): Promise<string> {
  const program = vscode.Uri.joinPath(extension().extensionUri, 'dist/podium/lib/podium.js').fsPath;
  const env = { ...process.env, ELECTRON_RUN_AS_NODE: '1' };
  return (await promisify(execFile)(process.execPath, [program, ...args], { env })).stdout;
}

export function ask(port: number, name: string): Promise<string> {
  return new Promise((resolve, reject) => {
    get({ host: '127.0.0.1', port, path: `/${name}`, agent: false }, (incoming) => {
      let body = '';
      incoming.on('data', (chunk: Buffer) => (body += chunk.toString()));
      incoming.on('end', () => resolve(body)).on('error', reject);
    }).on('error', reject);
  });
}

export function deploymentRef(name: string): object {
  return { apiVersion: 'apps/v1', kind: 'Deployment', name, namespace: 'default' };
}

export function deployment(app: string, image: string, more = ''): string {
  return `apiVersion: apps/v1
kind: Deployment
metadata: { name: ${app}, namespace: default }
spec:
  selector: { matchLabels: { app: ${app} } }
  template:
    metadata: { labels: { app: ${app} } }
    spec:
      terminationGracePeriodSeconds: 0
      containers:
      - name: ${app}
        image: ${image}
        ports: [{ containerPort: 8080 }]
${more}`;
}
