import {
  editorMethods,
  type WorkspaceObject,
  type WorkspaceObjects,
  type WorkspaceObjectsParams,
} from '../../runtime/client/editor-protocol';
import type { ServerContext } from '../context';
import { subjectOf } from '../lint/subject';
import { Slices } from '../workspace/slices';

/** A burst of edits, or a scan, is told once. */
const settleMs = 300;

/** Gives a client what the workspace's files write, and tells it when that has changed since it last asked. */
export function registerWorkspaceObjects({ connection, workspace, onStop }: ServerContext): void {
  let asked = false;
  let timer: NodeJS.Timeout | undefined;
  connection.onRequest(editorMethods.workspaceObjects, async ({ kinds }: WorkspaceObjectsParams): Promise<WorkspaceObjects> => {
    await workspace.ready;
    asked = true;
    const slices = new Slices();
    const objects: WorkspaceObject[] = [];
    for (const { uri, value, type, key } of [...workspace.objects()]) {
      await slices.pause();
      const subject = kinds.includes(key.kind) && key.name ? subjectOf(value, type) : undefined;
      if (subject) objects.push({ uri, object: subject.object });
    }
    return { objects };
  });
  workspace.onDidChange(() => {
    if (!asked) return;
    asked = false;
    timer = setTimeout(() => void connection.sendNotification(editorMethods.workspaceChanged), settleMs);
  });
  onStop(() => clearTimeout(timer));
}
