import { basename, dirname, join } from 'node:path';
import * as vscode from 'vscode';
import type { Manifest } from '../deploy/manifests';
import { manifestsOf } from '../deploy/sources';
import { RefusedError } from '../errors';
import type { Workbench } from '../workbench';
import { workloadOf } from './launch';
import { t } from '../words';

/**
 * What F5 does without a launch.json: a manifest is built and launched; of a Dockerfile's folder those beside it, or a
 * Deployment that is made for it and taken down afterwards.
 */
export async function defaultConfiguration(
  workbench: Workbench,
  folder: vscode.WorkspaceFolder | undefined,
  uri: vscode.Uri,
): Promise<vscode.DebugConfiguration> {
  if (!isDockerfile(uri)) return launchOf(workbench, folder, uri);
  const around = vscode.Uri.joinPath(uri, '..');
  try {
    return await launchOf(workbench, folder, around);
  } catch (error) {
    if (!(error instanceof RefusedError)) throw error;
  }
  const made = await madeFor(workbench, uri);
  return {
    ...(await launchOf(workbench, undefined, made)),
    ...buildIn(around.fsPath, imageFor(uri)),
    onStop: 'delete',
  };
}

async function launchOf(
  workbench: Workbench,
  folder: vscode.WorkspaceFolder | undefined,
  uri: vscode.Uri,
): Promise<vscode.DebugConfiguration> {
  const main = workloadOf((await manifestsOf(workbench, uri)).manifests);
  const context = await dockerfileFolder(folder, uri);
  const image = imageOf(main);
  return {
    type: 'podium',
    request: 'launch',
    name: t`Debug ${main.title}`,
    manifests: [uri.fsPath],
    ...(context && image && buildIn(context, image)),
  };
}

function buildIn(context: string, image: string): object {
  return { build: { context, image }, localRoot: context };
}

function isDockerfile(uri: vscode.Uri): boolean {
  return /^Dockerfile(\.|$)/.test(basename(uri.path));
}

/** A name that a Deployment may have, from that of the folder. */
function nameFor(dockerfile: vscode.Uri): string {
  const name = basename(dirname(dockerfile.path))
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-');
  return name.replaceAll(/^-+|-+$/g, '').slice(0, 50) || 'app';
}

function imageFor(dockerfile: vscode.Uri): string {
  return `${nameFor(dockerfile)}:podium-debug`;
}

async function madeFor({ context }: Workbench, dockerfile: vscode.Uri): Promise<vscode.Uri> {
  const name = nameFor(dockerfile);
  const labels = { app: name };
  const containers = [{ name, image: imageFor(dockerfile) }];
  const made = {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name, labels },
    spec: { selector: { matchLabels: labels }, template: { metadata: { labels }, spec: { containers } } },
  };
  const file = vscode.Uri.joinPath(context.globalStorageUri, 'debug', `${name}.json`);
  await vscode.workspace.fs.writeFile(file, Buffer.from(JSON.stringify(made, undefined, 2)));
  return file;
}

/** The nearest folder with a Dockerfile: the manifest's own, or one around it in the workspace. */
async function dockerfileFolder(
  folder: vscode.WorkspaceFolder | undefined,
  uri: vscode.Uri,
): Promise<string | undefined> {
  const { type } = await vscode.workspace.fs.stat(uri);
  const start = type & vscode.FileType.Directory ? uri.fsPath : dirname(uri.fsPath);
  const root = folder?.uri.fsPath ?? start;
  for (let at = start; at.startsWith(root); at = dirname(at)) {
    try {
      await vscode.workspace.fs.stat(vscode.Uri.file(join(at, 'Dockerfile')));
      return at;
    } catch {
      if (at === dirname(at)) return undefined;
    }
  }
  return undefined;
}

function imageOf({ object }: Manifest): string | undefined {
  interface Spec {
    containers?: { image?: string }[];
    template?: { spec?: Spec };
  }
  const { spec } = object as { spec?: Spec };
  return (spec?.template?.spec ?? spec)?.containers?.[0]?.image;
}
