import * as vscode from 'vscode';
import { RefusedError } from '../errors';
import type { Workbench } from '../workbench';
import { isObject, type ManifestProblem, readManifests, type ReadManifests, sourceOf } from './manifests';
import { t } from '../words';

const kustomizations = ['kustomization.yaml', 'kustomization.yml', 'Kustomization'];
const manifestFile = /\.(ya?ml|json)$/;

/**
 * What is to be deployed: a lens's object, a file, the selection or all of the open editor; of a folder what its
 * kustomization or chart makes, or else all manifests in it and below.
 */
export async function manifestsOf(workbench: Workbench, given: unknown): Promise<ReadManifests> {
  if (given instanceof vscode.Uri) return ofFile(workbench, given);
  const { text, uri, only } = await sourceOf(given);
  if (!only && isKustomization(uri)) return ofFolder(workbench, folderOf(uri));
  const read = await readManifests(text, uri);
  return only ? { problems: [], manifests: read.manifests.filter((manifest) => isObject(manifest, only)) } : read;
}

async function ofFile(workbench: Workbench, uri: vscode.Uri): Promise<ReadManifests> {
  const { type } = await vscode.workspace.fs.stat(uri);
  if (type & vscode.FileType.Directory) return ofFolder(workbench, uri);
  if (isKustomization(uri)) return ofFolder(workbench, folderOf(uri));
  return readManifests((await vscode.workspace.openTextDocument(uri)).getText(), uri);
}

async function ofFolder(workbench: Workbench, folder: vscode.Uri): Promise<ReadManifests> {
  const names = (await vscode.workspace.fs.readDirectory(folder)).map(([name]) => name);
  const kustomization = kustomizations.find((name) => names.includes(name));
  if (kustomization)
    return rendered(workbench, ['kustomize', folder.fsPath], vscode.Uri.joinPath(folder, kustomization));
  if (names.includes('Chart.yaml'))
    return rendered(workbench, ['template', folder.fsPath], vscode.Uri.joinPath(folder, 'Chart.yaml'));
  const files = await manifestFiles(folder);
  if (files.length === 0) throw new RefusedError(t`There is no manifest in this folder.`);
  const all: ReadManifests = { manifests: [], problems: [] };
  for (const file of files) {
    const { manifests, problems } = await readManifests(
      Buffer.from(await vscode.workspace.fs.readFile(file)).toString(),
      file,
    );
    all.manifests.push(...manifests);
    all.problems.push(...problems);
  }
  return all;
}

/** The files of a folder and below, in the order of their names, as kubectl takes them. */
async function manifestFiles(folder: vscode.Uri): Promise<vscode.Uri[]> {
  const entries = (await vscode.workspace.fs.readDirectory(folder)).sort(([a], [b]) => (a < b ? -1 : 1));
  const found: vscode.Uri[] = [];
  for (const [name, type] of entries) {
    const uri = vscode.Uri.joinPath(folder, name);
    if (type === vscode.FileType.Directory && !name.startsWith('.') && name !== 'node_modules')
      found.push(...(await manifestFiles(uri)));
    else if (type === vscode.FileType.File && manifestFile.test(name)) found.push(uri);
  }
  return found;
}

/** What `podium` makes of a kustomization or a chart; its objects are told to be from the file that says what to make. */
async function rendered({ podium }: Workbench, args: string[], uri: vscode.Uri): Promise<ReadManifests> {
  const { manifests, problems } = await readManifests(await podium.run(args), uri);
  const atStart = <T extends ManifestProblem | ReadManifests['manifests'][number]>(each: T): T => ({
    ...each,
    start: 0,
  });
  return { manifests: manifests.map(atStart), problems: problems.map(atStart) };
}

function isKustomization(uri: vscode.Uri): boolean {
  return kustomizations.includes(uri.path.split('/').at(-1) ?? '');
}

function folderOf(uri: vscode.Uri): vscode.Uri {
  return vscode.Uri.joinPath(uri, '..');
}
