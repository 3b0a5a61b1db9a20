import { TextDocument } from 'vscode-languageserver-textdocument';
import { FixedWorkspace } from '../../server/command/fixed-workspace';
import type { DocumentFinding } from '../../server/findings/finding';
import { Linter } from '../../server/lint/linter';
import type { LintSettings } from '../../server/lint/settings';
import { applySuppressions } from '../../server/lint/suppression';
import { applyEdits } from '../../server/manifests/edits';
import { builtInTypes } from '../../server/manifests/types';

/** What the lint rules say of a file that is a workspace of its own. */
export function lintText(text: string, settings: LintSettings, uri = 'file:///work/manifest.yaml'): DocumentFinding[] {
  const workspace = new FixedWorkspace([{ uri, text }], builtInTypes);
  const linter = new Linter({ workspace, types: builtInTypes, settings: () => settings });
  const file = workspace.file(uri);
  if (!file) return [];
  const found = applySuppressions(linter.of(file), file, (code) => linter.isOff(code, file));
  return found.sort((a, b) => a.start - b.start);
}

/** `12:7 warning "nginx": image … (image-tag-moving)`, a line each. */
export function printFindings(text: string, findings: readonly DocumentFinding[]): string {
  const document = TextDocument.create('', 'yaml', 1, text);
  return findings
    .map(({ start, end, severity, message, code }) => {
      const { line, character } = document.positionAt(start);
      const words = JSON.stringify(text.slice(start, end));
      return `${line + 1}:${character + 1} ${severity} ${words}: ${message} (${code})\n`;
    })
    .join('');
}

/** Makes the first fix that is offered, looks again, and so on, as a person would. */
export function fixAll(text: string, settings: LintSettings, uri?: string): string {
  let fixed = text;
  for (let round = 0; round < 50; round++) {
    const fix = lintText(fixed, settings, uri).flatMap(({ fixes }) => fixes ?? [])[0];
    if (!fix) return fixed;
    fixed = applyEdits(fixed, fix.edits);
  }
  throw new Error('fixes of fixes never end');
}
