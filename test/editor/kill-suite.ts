// Brings a debug session to a step and kills its own extension host there. What is left is for the runner to see.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as vscode from 'vscode';
import { ask, runPodium } from './suite/debug-fixture';
import { eventually, extension } from './suite/support';

const {
  PODIUM_TEST_KILL_AT: step = '',
  PODIUM_TEST_KILL_MARK: mark = '',
  PODIUM_TEST_KILL_REF: ref = '{}',
  PODIUM_TEST_KILL_CLUSTER: cluster = '',
} = process.env;
const greeter = { apiVersion: 'apps/v1', kind: 'Deployment', name: 'greeter', namespace: 'default' };
const folder = (): vscode.WorkspaceFolder => {
  const [first] = vscode.workspace.workspaceFolders ?? [];
  if (!first) throw new Error('no folder is open');
  return first;
};

/** Each ends where the editor is killed. */
const steps: Record<string, () => Promise<object>> = {
  forwarded: async () => ({ port: await forward() }),
  attached: async () => {
    await attach();
    return {};
  },
  // On another cluster than Podium's own the workload is changed.
  patched: async () => {
    await attach();
    const changed = JSON.parse(await runPodium('get', 'deployment', 'greeter', '-o', 'json', '--name', cluster)) as {
      metadata: { annotations: Record<string, string> };
    };
    if (!changed.metadata.annotations['podium.dev/debug-original']) throw new Error('the Deployment is not changed');
    return {};
  },
  paused: async () => {
    const file = vscode.Uri.joinPath(folder().uri, 'greeter/server.js');
    vscode.debug.addBreakpoints([new vscode.SourceBreakpoint(new vscode.Location(file, new vscode.Position(3, 0)))]);
    const stopped = new Promise<void>((resolve) => {
      const createDebugAdapterTracker = (): vscode.DebugAdapterTracker => ({
        onDidSendMessage: (message: { event?: string }) => {
          if (message.event === 'stopped') resolve();
        },
      });
      vscode.debug.registerDebugAdapterTrackerFactory('*', { createDebugAdapterTracker });
    });
    const port = await forward();
    await attach();
    const asking = setInterval(() => void ask(port, 'killed').catch(() => {}), 300);
    await stopped;
    clearInterval(asking);
    return { port };
  },
  deploying: async () => {
    const manifest = join(folder().uri.fsPath, 'greeter/greeter.yaml');
    const configuration = {
      type: 'podium',
      request: 'launch',
      name: 'launch',
      manifests: [manifest],
      stopOnEntry: true,
    };
    void vscode.debug.startDebugging(folder(), {
      ...configuration,
      build: { context: join(folder().uri.fsPath, 'greeter'), image: 'greeter:1' },
    });
    // Somewhere between the build and the debugger.
    await new Promise((resolve) => setTimeout(resolve, 2_500));
    return {};
  },
};

export async function run(): Promise<void> {
  await extension().activate();
  const chosen = JSON.parse(ref) as { name: string };
  await eventually(async () => {
    await vscode.commands.executeCommand('podium.chooseCluster', chosen);
    if (extension().exports.selected()?.name !== chosen.name) throw new Error(`${chosen.name} is not chosen`);
  });
  await eventually(() => {
    if (extension().exports.clusterState() !== 'connected') throw new Error(extension().exports.clusterState());
  });
  const facts = (await steps[step]?.()) ?? {};
  writeFileSync(mark, JSON.stringify(facts));
  process.kill(process.pid, 'SIGKILL');
}

async function forward(): Promise<number> {
  const ports = await vscode.commands.executeCommand<number[]>('podium.forward', greeter, [':8080']);
  if (!ports?.[0]) throw new Error('nothing is forwarded');
  return ports[0];
}

async function attach(): Promise<void> {
  const started = new Promise<void>((resolve) => {
    vscode.debug.onDidStartDebugSession(({ parentSession }) => {
      if (parentSession) resolve();
    });
  });
  const configuration = {
    type: 'podium',
    request: 'attach',
    name: 'attach',
    target: 'deploy/greeter',
    namespace: 'default',
  };
  await vscode.debug.startDebugging(folder(), { ...configuration, localRoot: join(folder().uri.fsPath, 'greeter') });
  await started;
}
