import * as assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import * as vscode from 'vscode';
import type { PodiumApi } from '../../../extension/main';
import type { TreeNode } from '../../../extension/tree/tree-node';

/** Tries until it doesn't throw; the last error tells what was missing. */
export async function eventually<T>(attempt: () => T | Promise<T>, timeoutMs = 30_000): Promise<T> {
  const end = Date.now() + timeoutMs;
  for (;;) {
    try {
      return await attempt();
    } catch (error) {
      if (Date.now() > end) throw error;
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

interface WorkbenchRequest {
  /** Ms from the first of these clicks to the frame that shows what is waited for. */
  measure?: { clicks: readonly string[]; until: string };
  /** The first of these in view gets the keys; in a webview too. */
  focus?: string;
  /** The first of these in view is clicked; in a webview too. */
  click?: string;
  /** Keys by name, one after another. */
  press?: string | readonly string[];
  /** Typed as a person would. */
  type?: string;
  /** Whose text is wanted; of webviews too. */
  text?: string;
  /** Name of a picture of the window, for test/artifacts. */
  screenshot?: string;
}

interface WorkbenchReply {
  text?: string[];
  ms?: number;
}

/** Asks the runner to do something with the page. On a desktop there is none: then undefined. */
export async function workbench(request: WorkbenchRequest): Promise<WorkbenchReply | undefined> {
  const folder = process.env.PODIUM_TEST_REQUESTS;
  if (!folder) return undefined;
  const id = randomUUID();
  console.log(`workbench: ${JSON.stringify({ id, ...request })}`);
  const file = join(folder, id);
  await eventually(() => assert.ok(existsSync(file), `the runner did not answer ${JSON.stringify(request)}`), 15_000);
  const reply = JSON.parse(readFileSync(file, 'utf8')) as WorkbenchReply & { error?: string };
  if (reply.error) throw new Error(reply.error);
  return reply;
}

/** Runs test/editor/load.ts on a cluster of this run, in a process of its own. */
export async function load(cluster: string, ...args: string[]): Promise<void> {
  const kubeconfig = join(process.env.PODIUM_HOME ?? '', 'clusters', cluster, 'kubeconfig');
  const env = { ...process.env, ELECTRON_RUN_AS_NODE: '1' };
  await promisify(execFile)(process.execPath, [process.env.PODIUM_TEST_LOAD ?? '', kubeconfig, ...args], { env });
}

export async function screenshot(name: string): Promise<void> {
  // What was asked for a moment ago is painted by then.
  await new Promise((resolve) => setTimeout(resolve, 400));
  await workbench({ screenshot: name });
}

export function extension(): vscode.Extension<PodiumApi> {
  const found = vscode.extensions.getExtension<PodiumApi>('podium.podium');
  assert.ok(found, 'the extension is not there');
  return found;
}

/** What the cluster itself says, by the bundled command. */
export async function podium(...args: string[]): Promise<string> {
  const name = vscode.workspace.getConfiguration('podium').get('cluster.name', '');
  const program = vscode.Uri.joinPath(extension().extensionUri, 'dist/podium/lib/podium.js').fsPath;
  const env = { ...process.env, ELECTRON_RUN_AS_NODE: '1' };
  const own = args.includes('--name') ? [] : ['--name', name];
  const { stdout } = await promisify(execFile)(process.execPath, [program, ...args, ...own], { env });
  return stdout;
}

type View = keyof PodiumApi['views'];

function textOf(label: string | vscode.TreeItemLabel | undefined): string {
  return typeof label === 'string' ? label : (label?.label ?? '');
}

/** The node at a path of labels; each step opens what it passes. A step matches by the beginning of the label. */
export async function nodeAt(view: View, ...path: string[]): Promise<TreeNode | undefined> {
  const tree = extension().exports.views[view];
  let at: TreeNode | undefined;
  for (const step of path) {
    const children = await tree.getChildren(at);
    const labels = await Promise.all(children.map(async (child) => textOf((await tree.getTreeItem(child)).label)));
    const exact = labels.indexOf(step);
    const index = exact >= 0 ? exact : labels.findIndex((label) => label.startsWith(step));
    assert.ok(index >= 0, `${step} is not among: ${labels.join(', ')}`);
    at = children[index];
  }
  return at;
}

/** What is below a path of labels: `node-1: Ready`. Opens it. */
export async function treeLines(view: View, ...path: string[]): Promise<string[]> {
  const tree = extension().exports.views[view];
  const children = await tree.getChildren(await nodeAt(view, ...path));
  return Promise.all(
    children.map(async (child) => {
      const { label, description } = await tree.getTreeItem(child);
      return description ? `${textOf(label)}: ${String(description)}` : textOf(label);
    }),
  );
}

export async function openFile(name: string): Promise<vscode.TextDocument> {
  const [uri] = await vscode.workspace.findFiles(name);
  assert.ok(uri, `${name} is not in the workspace`);
  const document = await vscode.workspace.openTextDocument(uri);
  await vscode.window.showTextDocument(document);
  return document;
}

export const themes = {
  light: 'Default Light Modern',
  dark: 'Default Dark Modern',
  contrast: 'Default High Contrast',
  'contrast-light': 'Default High Contrast Light',
};

/** A picture in each theme; the light one is chosen afterwards. */
export async function pictures(name: string): Promise<void> {
  const settings = vscode.workspace.getConfiguration('workbench');
  const target = vscode.ConfigurationTarget.Global;
  for (const [theme, id] of Object.entries(themes)) {
    await settings.update('colorTheme', id, target);
    await new Promise((resolve) => setTimeout(resolve, 700));
    await screenshot(`${name}-${theme}`);
  }
  await settings.update('colorTheme', themes.light, target);
}

/** On a desktop nobody can click. */
export const onCodeServer = Boolean(process.env.PODIUM_TEST_REQUESTS);
