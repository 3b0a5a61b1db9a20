import * as vscode from 'vscode';
import type { UntypedObject } from '../../runtime/api/kinds';
import { toYaml } from '../../runtime/api/yaml';
import { getObject, withoutNoise } from '../../runtime/client/operations';
import type { Handler } from '../commands/register';
import type { Workbench } from '../workbench';
import { done } from './ask';
import { description } from './description';
import { liveUri } from './live-documents';
import { showSnapshot } from './snapshots';
import { objectFor, objectsFor } from './target';
import { t } from '../words';

/** What an object is: as a file to edit, as a page to read, on the clipboard. */
export function documentCommands(workbench: Workbench): Record<string, Handler> {
  return {
    'podium.edit': async (given?: unknown) => {
      const { session, ref } = await objectFor(workbench, given, undefined, t`Edit`);
      const document = await vscode.workspace.openTextDocument(liveUri(session, ref));
      await vscode.window.showTextDocument(document);
    },
    'podium.describe': async (given?: unknown) => {
      const { session, ref } = await objectFor(workbench, given, undefined, t`Describe`);
      await showSnapshot({ name: `${ref.kind} ${ref.name}.md`, text: await description(session.client, ref) });
      await vscode.commands.executeCommand('markdown.showPreview').then(undefined, () => {});
    },
    'podium.copyName': async (given?: unknown, selected?: unknown) => {
      const { refs } = await objectsFor(workbench, given, selected, undefined, t`Copy Name`);
      await vscode.env.clipboard.writeText(refs.map(({ name }) => name).join('\n'));
      done(t`Name copied`);
    },
    'podium.copyYaml': async (given?: unknown, selected?: unknown) => {
      const { session, refs } = await objectsFor(workbench, given, selected, undefined, t`Copy YAML`);
      const objects = await Promise.all(refs.map((ref) => getObject(session.client, ref)));
      await vscode.env.clipboard.writeText(
        objects.map((object) => toYaml(withoutNoise(object as UntypedObject))).join('---\n'),
      );
      done(t`YAML copied`);
    },
  };
}
