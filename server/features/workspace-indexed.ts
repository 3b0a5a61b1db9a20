import { workspaceIndexed, type WorkspaceIndexed } from '../../runtime/client/editor-protocol';
import type { ServerContext } from '../context';

/** Tells a client when the whole workspace is known. */
export function registerWorkspaceIndexed({ connection, workspace }: ServerContext): void {
  connection.onRequest(workspaceIndexed, async (): Promise<WorkspaceIndexed['result']> => {
    await workspace.ready;
    const objects = [...workspace.objects()];
    return { files: new Set(objects.map(({ uri }) => uri)).size, objects: objects.length };
  });
}
