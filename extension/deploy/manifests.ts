import * as vscode from 'vscode';
import type { UntypedObject } from '../../runtime/api/kinds';
import type { LensTarget } from '../../runtime/client/editor-protocol';
import { RefusedError } from '../errors';
import { t } from '../words';

/** One object of a manifest, ready to be sent. */
export interface Manifest {
  object: UntypedObject;
  /** `Deployment web` */
  title: string;
  uri: vscode.Uri;
  /** Offset of its document in the file. */
  start: number;
}

/** A document that is none; `message` says why. */
export interface ManifestProblem {
  message: string;
  uri: vscode.Uri;
  start: number;
}

export interface ReadManifests {
  manifests: Manifest[];
  problems: ManifestProblem[];
}

/** Where objects go that name no namespace. */
export function namespaceOf({ namespace }: { namespace: string }): string {
  return namespace || 'default';
}

/** What is to be sent of a text: each object, of a list its items, and each document that can't be. */
export async function readManifests(text: string, uri: vscode.Uri): Promise<ReadManifests> {
  const { parseManifests } = await import('../../runtime/api/yaml');
  const read: ReadManifests = { manifests: [], problems: [] };
  for (const {
    value,
    errors,
    range: [start],
  } of parseManifests(text)) {
    if (errors[0]) read.problems.push({ message: errors[0].message, uri, start });
    else if (value !== null && value !== undefined)
      for (const object of objectsOf(value)) take(object, uri, start, read);
  }
  return read;
}

/** A document's object or, of a list, its items: the API server knows no list as an object. */
function objectsOf(value: unknown): UntypedObject[] {
  const object = value as UntypedObject;
  const { items } = object;
  return object.kind?.endsWith('List') && Array.isArray(items) ? (items as UntypedObject[]) : [object];
}

function take(object: UntypedObject, uri: vscode.Uri, start: number, read: ReadManifests): void {
  const title = `${object.kind ?? 'Document'} ${object.metadata?.name ?? ''}`.trim();
  const missing = (['apiVersion', 'kind'] as const).find((field) => typeof object[field] !== 'string');
  if (missing) read.problems.push({ message: t`${title}: ${missing} not set`, uri, start });
  else read.manifests.push({ object: { ...object, metadata: object.metadata ?? {} }, title, uri, start });
}

/**
 * What a command is about: a lens's object, a file of the explorer or, without either, the selection or all of the open
 * editor. Throws RefusedError when there is nothing, or a document can't be read.
 */
export async function manifestsToApply(given: unknown): Promise<Manifest[]> {
  const { text, uri, only } = await sourceOf(given);
  const { manifests, problems } = await readManifests(text, uri);
  if (problems[0]) throw new RefusedError(problems[0].message);
  return only ? manifests.filter((manifest) => isObject(manifest, only)) : manifests;
}

interface Source {
  text: string;
  uri: vscode.Uri;
  /** The lens's object, of all in the file. */
  only?: LensTarget;
}

export async function sourceOf(given: unknown): Promise<Source> {
  if (given instanceof vscode.Uri)
    return { text: (await vscode.workspace.openTextDocument(given)).getText(), uri: given };
  if (isLensTarget(given)) {
    const uri = vscode.Uri.parse(given.uri);
    return { text: (await vscode.workspace.openTextDocument(uri)).getText(), uri, only: given };
  }
  const editor = vscode.window.activeTextEditor;
  if (!editor) throw new RefusedError(t`Open a manifest first.`);
  const { document, selection } = editor;
  return { text: selection.isEmpty ? document.getText() : document.getText(selection), uri: document.uri };
}

export function isLensTarget(given: unknown): given is LensTarget {
  if (typeof given !== 'object' || given === null) return false;
  const { uri, kind, name } = given as Partial<LensTarget>;
  return typeof uri === 'string' && typeof kind === 'string' && typeof name === 'string';
}

export function isObject({ object }: Manifest, { apiVersion, kind, name }: LensTarget): boolean {
  return object.apiVersion === apiVersion && object.kind === kind && (object.metadata.name ?? '') === name;
}
