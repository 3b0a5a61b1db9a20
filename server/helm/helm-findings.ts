import { isDeepStrictEqual } from 'node:util';
import { posix } from 'node:path';
import type { RenderedFile } from '../../runtime/api/helm';
import { parseManifests } from '../../runtime/api/yaml';
import type { FindingContext } from '../context';
import { apiOptions, findingsOf } from '../findings/api';
import type { DocumentFinding } from '../findings/finding';
import type { ChartModel, TemplateFile } from './charts';
import type { HelmOutput } from './helm-runs';
import { TemplateLines } from './template-lines';

/**
 * What helm itself makes of a template, where that differs from what this server renders; undefined where it doesn't or
 * isn't known, so that the server's own rendering counts, which knows each place.
 */
export function helmsFindings(
  file: TemplateFile,
  model: ChartModel,
  { output, rendered }: { output: HelmOutput; rendered: readonly RenderedFile[] },
  context: FindingContext,
): DocumentFinding[] | undefined {
  const source = posix.join(model.root.name, posix.relative(model.root.folder, file.path));
  if (output.texts) {
    const text = output.texts.get(source);
    if (text === undefined) return [];
    return isSame(text, rendered.find(({ path }) => path === file.path)) ? undefined : ofRendered(text, file, context);
  }
  const { problem } = output;
  if (!problem || rendered.some(({ error, needsHelm }) => error && !needsHelm)) return undefined;
  if (problem.source !== source) return [];
  const place = new TemplateLines(file.text).line(problem.line - 1, problem.column - 1);
  return [{ ...place, severity: 'warning', message: problem.message, code: 'Rendering' }];
}

function isSame(text: string, file: RenderedFile | undefined): boolean {
  if (!file || file.error) return false;
  const values = (written: string) => parseManifests(written).flatMap(({ value }) => (value === null ? [] : [value]));
  return isDeepStrictEqual(values(text), values(file.chunks.map((chunk) => chunk.text).join('')));
}

/** What the API server would say of it, at the lines that wrote it. */
function ofRendered(text: string, file: TemplateFile, context: FindingContext): DocumentFinding[] {
  const lines = new TemplateLines(file.text);
  const place = lines.placesOf(text);
  const found = findingsOf(text, apiOptions(context)).map((finding): DocumentFinding => {
    const { severity, message, code, tags } = finding;
    return { ...place(finding), severity, message, code, ...(tags && { tags }) };
  });
  const id = ({ start, end, message }: DocumentFinding): string => `${start} ${end} ${message}`;
  return [...new Map(found.map((finding) => [id(finding), finding])).values()];
}

