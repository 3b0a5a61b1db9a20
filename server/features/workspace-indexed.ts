import { editorMethods, type WorkspaceIndexed } from '../../runtime/client/editor-protocol';
import type { ServerContext } from '../context';

/** Tells a client when the whole workspace is known. */
export function registerWorkspaceIndexed({ connection, workspace }: ServerContext): void {
  connection.onRequest(editorMethods.workspaceIndexed, async (): Promise<WorkspaceIndexed> => {
    await workspace.ready;
    const objects = [...workspace.objects()];
    return { files: new Set(objects.map(({ uri }) => uri)).size, objects: objects.length };
  });
}
