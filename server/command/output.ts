import type { DocumentFinding, Severity } from '../findings/finding';
import { rulesById } from '../lint/rules';

/** A finding of a file, as the command tells it. */
export interface ToldFinding {
  file: string;
  /** From one, in UTF-16 units, as editors show them. */
  line: number;
  column: number;
  endLine: number;
  endColumn: number;
  finding: DocumentFinding;
}

export const formats = ['text', 'json', 'sarif', 'github'] as const;
export type Format = (typeof formats)[number];

export function printFindings(format: Format, told: readonly ToldFinding[], files: number, color: boolean): string {
  switch (format) {
    case 'json':
      return `${JSON.stringify(told.map(asJson), null, 2)}\n`;
    case 'sarif':
      return `${JSON.stringify(asSarif(told), null, 2)}\n`;
    case 'github':
      return told.map(asGithub).join('');
    case 'text':
      return asText(told, files, color);
  }
}

function asJson({ finding, ...place }: ToldFinding): object {
  const { severity, code, source = 'podium', message, href, fixes } = finding;
  return {
    ...place,
    severity,
    source,
    code,
    message,
    ...(href && { href }),
    ...(fixes?.length && { fixes: fixes.map(({ title, edits }) => ({ title, edits })) }),
  };
}

const colors: Record<Severity, string> = { error: '31', warning: '33', information: '36', hint: '2' };

function asText(told: readonly ToldFinding[], files: number, color: boolean): string {
  const paint = (code: string, text: string): string => (color ? `\u001b[${code}m${text}\u001b[0m` : text);
  const lines: string[] = [];
  for (const [file, found] of grouped(told)) {
    const width = Math.max(...found.map(({ line, column }) => `${line}:${column}`.length));
    lines.push(paint('4', file));
    for (const { line, column, finding } of found) {
      const place = `${line}:${column}`.padStart(width);
      const message = finding.message.replaceAll('\n', ' ');
      lines.push(
        `  ${place}  ${paint(colors[finding.severity], finding.severity)}  ${message}  ${paint('2', finding.code)}`,
      );
    }
    lines.push('');
  }
  return [...lines, summary(told, files), ''].join('\n');
}

function grouped(told: readonly ToldFinding[]): Map<string, ToldFinding[]> {
  const groups = new Map<string, ToldFinding[]>();
  for (const one of told) groups.set(one.file, [...(groups.get(one.file) ?? []), one]);
  return groups;
}

function summary(told: readonly ToldFinding[], files: number): string {
  const inFiles = `${files} ${files === 1 ? 'file' : 'files'}`;
  if (told.length === 0) return `nothing found in ${inFiles}`;
  const counts = (['error', 'warning', 'information', 'hint'] as const).flatMap((severity) => {
    const count = told.filter(({ finding }) => finding.severity === severity).length;
    const plural = severity === 'information' || count === 1 ? '' : 's';
    return count === 0 ? [] : [`${count} ${severity}${plural}`];
  });
  return `${counts.join(', ')} in ${inFiles}`;
}

/** A workflow command of GitHub Actions. */
function asGithub({ file, line, column, endLine, endColumn, finding }: ToldFinding): string {
  const command = finding.severity === 'error' ? 'error' : finding.severity === 'warning' ? 'warning' : 'notice';
  const data = (text: string): string => text.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A');
  const property = (text: string | number): string => data(String(text)).replaceAll(':', '%3A').replaceAll(',', '%2C');
  const properties = { file, line, endLine, col: column, endColumn, title: finding.code };
  const list = Object.entries(properties).map(([name, value]) => `${name}=${property(value)}`);
  return `::${command} ${list.join(',')}::${data(finding.message)}\n`;
}

const levels: Record<Severity, string> = { error: 'error', warning: 'warning', information: 'note', hint: 'note' };

/** A log of the Static Analysis Results Interchange Format 2.1.0. */
function asSarif(told: readonly ToldFinding[]): object {
  const ids = [...new Set(told.map(({ finding }) => finding.code))].sort();
  return {
    $schema: 'https://json.schemastore.org/sarif-2.1.0.json',
    version: '2.1.0',
    runs: [
      {
        tool: { driver: { name: 'podium', rules: ids.map(sarifRule) } },
        columnKind: 'utf16CodeUnits',
        results: told.map(({ file, line, column, endLine, endColumn, finding }) => ({
          ruleId: finding.code,
          ruleIndex: ids.indexOf(finding.code),
          level: levels[finding.severity],
          message: { text: finding.message },
          locations: [
            {
              physicalLocation: {
                artifactLocation: { uri: encodeURI(file.replaceAll('\\', '/')) },
                region: { startLine: line, startColumn: column, endLine, endColumn },
              },
            },
          ],
        })),
      },
    ],
  };
}

function sarifRule(id: string): object {
  const rule = rulesById.get(id);
  if (!rule) return { id };
  return {
    id,
    shortDescription: { text: `${rule.title}.` },
    help: { text: `${rule.why}\n\n${rule.repair}`, markdown: `${rule.why}\n\n${rule.repair}` },
    defaultConfiguration: { level: levels[rule.severity] },
    properties: { tags: [rule.category] },
  };
}
