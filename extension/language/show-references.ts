import * as vscode from 'vscode';
import type { ReferencesCommand, ReferencesTarget } from '../../runtime/client/editor-protocol';

const command: ReferencesCommand = 'podium.showReferences';

/** What a lens with a count leads to. The editor's own command takes only objects of its API, which no server can send. */
export function registerShowReferences(): vscode.Disposable {
  return vscode.commands.registerCommand(command, ({ uri, position, locations }: ReferencesTarget) =>
    vscode.commands.executeCommand(
      'editor.action.showReferences',
      vscode.Uri.parse(uri),
      positionOf(position),
      locations.map((place) => new vscode.Location(vscode.Uri.parse(place.uri), rangeOf(place.range))),
    ),
  );
}

const positionOf = ({ line, character }: ReferencesTarget['position']): vscode.Position =>
  new vscode.Position(line, character);

const rangeOf = ({ start, end }: ReferencesTarget['locations'][number]['range']): vscode.Range =>
  new vscode.Range(positionOf(start), positionOf(end));
