import type { FindingContext } from '../context';
import { Linter } from './linter';
import { makePlan } from './plan';
import { applySuppressions } from './suppression';

/** The lint rules as a source of findings, and comments that leave findings out: theirs and those of others. */
export function registerLint(context: FindingContext): void {
  const { workspace, types } = context;
  const linter = new Linter({ workspace, types, settings: () => context.settings().lint });
  context.findings.onDidRefresh(() => linter.forget());
  const tellProblems = (): void => {
    const { problems } = makePlan(context.settings().lint);
    if (problems.length > 0) context.logger.warn({ problems }, 'the lint settings are not all understood');
  };
  context.onDidChangeSettings(tellProblems);
  context.addFindings('lint', (file) => linter.of(file));
  context.findings.addFilter((found, file) => applySuppressions(found, file, (code) => linter.isOff(code, file)));
}
