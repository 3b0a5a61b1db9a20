import * as vscode from 'vscode';
import type { KubeObject, Live, UntypedObject } from '../../runtime/api/kinds';
import { isStatusError } from '../../runtime/api/status';
import { parseManifests, toYaml } from '../../runtime/api/yaml';
import { forEditing, getObject, type ObjectRef, resourceOf } from '../../runtime/client/operations';
import type { Session } from '../clusters/session';
import { describeFailure } from '../errors';
import type { Workbench } from '../workbench';
import { liveScheme } from './live-scheme';
import { t } from '../words';

interface LiveFile {
  content: Uint8Array;
  modified: number;
}

/**
 * Objects of the cluster as files: opened they are what the server has, saved they are written back. The version that was
 * read goes along, so that a change made meanwhile by somebody else is told and not lost.
 */
export class LiveDocuments implements vscode.FileSystemProvider {
  private readonly changes = new vscode.EventEmitter<vscode.FileChangeEvent[]>();
  readonly onDidChangeFile = this.changes.event;
  private readonly files = new Map<string, LiveFile>();

  constructor(private readonly workbench: Workbench) {}

  watch(): vscode.Disposable {
    return new vscode.Disposable(() => {});
  }

  async stat(uri: vscode.Uri): Promise<vscode.FileStat> {
    const file = this.files.get(uri.path) ?? (await this.read(uri));
    return { type: vscode.FileType.File, ctime: 0, mtime: file.modified, size: file.content.length };
  }

  async readFile(uri: vscode.Uri): Promise<Uint8Array> {
    return (await this.read(uri)).content;
  }

  async writeFile(uri: vscode.Uri, content: Uint8Array): Promise<void> {
    const ref = refOf(uri);
    const session = await this.session(uri);
    const object = editedObject(Buffer.from(content).toString(), ref);
    try {
      const resource = await resourceOf<KubeObject>(session.client, ref);
      this.keep(uri, await resource.update(object, { fieldManager: 'podium', fieldValidation: 'Strict' }));
    } catch (error) {
      if (!isStatusError(error)) throw error;
      const hint =
        error.reason === 'Conflict'
          ? ` ${t`Somebody changed it meanwhile: compare with what the cluster has, or revert.`}`
          : '';
      throw new vscode.FileSystemError(`${describeFailure(error).message}${hint}`);
    }
    this.changes.fire([{ type: vscode.FileChangeType.Changed, uri }]);
  }

  readDirectory(): [string, vscode.FileType][] {
    return [];
  }

  createDirectory(): void {
    throw vscode.FileSystemError.NoPermissions(t`Objects are no folders.`);
  }

  delete(): void {
    throw vscode.FileSystemError.NoPermissions(t`Delete objects by the command Podium: Delete.`);
  }

  rename(): void {
    throw vscode.FileSystemError.NoPermissions(t`Objects can not be renamed.`);
  }

  private async read(uri: vscode.Uri): Promise<LiveFile> {
    const session = await this.session(uri);
    try {
      return this.keep(uri, await getObject(session.client, refOf(uri)));
    } catch (error) {
      if (isStatusError(error, 'NotFound')) throw vscode.FileSystemError.FileNotFound(uri);
      throw error;
    }
  }

  private keep(uri: vscode.Uri, object: Live<KubeObject>): LiveFile {
    const content = Buffer.from(toYaml(forEditing(object as UntypedObject)));
    const known = this.files.get(uri.path);
    const file = known && Buffer.compare(known.content, content) === 0 ? known : { content, modified: Date.now() };
    this.files.set(uri.path, file);
    return file;
  }

  private async session(uri: vscode.Uri): Promise<Session> {
    const session = await this.workbench.clusters.connect();
    if (uri.authority && uri.authority !== authorityOf(session)) {
      throw new vscode.FileSystemError(
        t`This is an object of another cluster (${decodeURIComponent(uri.authority)}): choose that one first.`,
      );
    }
    return session;
  }
}

/** `podium-live://podium/default/apps~v1/Deployment/web.yaml`; `_` stands for no namespace. */
export function liveUri(session: Session, { apiVersion, kind, namespace, name }: ObjectRef): vscode.Uri {
  const path = `/${namespace || '_'}/${apiVersion.replace('/', '~')}/${kind}/${name}.yaml`;
  return vscode.Uri.from({ scheme: liveScheme, authority: authorityOf(session), path });
}

function authorityOf({ ref }: Session): string {
  return encodeURIComponent(ref.name).toLowerCase();
}

function refOf({ path }: vscode.Uri): ObjectRef {
  const [, namespace = '', apiVersion = '', kind = '', file = ''] = path.split('/');
  if (!file.endsWith('.yaml')) throw vscode.FileSystemError.FileNotFound(path);
  return {
    apiVersion: apiVersion.replace('~', '/'),
    kind,
    name: file.slice(0, -'.yaml'.length),
    namespace: namespace === '_' ? '' : namespace,
  };
}

/** Throws FileSystemError for a text that is not this object. */
function editedObject(text: string, ref: ObjectRef): UntypedObject {
  const [document, ...more] = parseManifests(text).filter(({ value }) => value !== null && value !== undefined);
  const problem = document?.errors[0]?.message;
  if (problem) throw new vscode.FileSystemError(problem);
  const object = document?.value as UntypedObject | undefined;
  if (!object || more.length > 0 || typeof object !== 'object')
    throw new vscode.FileSystemError(t`This must be one object.`);
  const same =
    object.kind === ref.kind &&
    object.metadata?.name === ref.name &&
    (object.metadata.namespace ?? '') === ref.namespace;
  if (!same)
    throw new vscode.FileSystemError(t`This is ${ref.kind} ${ref.name}: kind, name and namespace can not be changed.`);
  return object;
}
