import type { ServerContext } from '../context';
import { rangeIn } from '../documents/positions';
import { diagnosticOf } from '../features/diagnostics';
import { suppressionFix } from './suppression';

/** Among quick fixes, but told apart from those that repair. */
const suppressKind = 'quickfix.suppress';

/** Offers to leave a finding alone where it is. What the API server refuses can't be left alone. */
export function registerSuppressionActions(context: ServerContext): void {
  context.providers.add('codeAction', 'suppress', ({ file, range }) =>
    context.findings
      .of(file)
      .filter(
        ({ start, end, severity, source }) =>
          start <= range.end && range.start <= end && (severity !== 'error' || source === 'podium lint'),
      )
      .flatMap((finding) => {
        const fix = finding.code === 'unused-suppression' ? undefined : suppressionFix(finding, file);
        if (!fix) return [];
        const edits = fix.edits.map(({ text, ...place }) => ({ range: rangeIn(file, place), newText: text }));
        return [
          {
            title: fix.title,
            kind: suppressKind,
            diagnostics: [diagnosticOf(finding, file, context)],
            edit: { changes: { [file.uri]: edits } },
          },
        ];
      }),
  );
}
