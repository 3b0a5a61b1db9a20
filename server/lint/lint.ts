import type { ParsedDocument } from '../../runtime/api/yaml';
import type { DocumentFinding, FindingFix } from '../findings/finding';
import { applicable, type FieldEdit, textEdits } from '../manifests/edits';
import { manifestsIn } from '../manifests/manifest-objects';
import { type TextRange, valueRange } from '../manifests/ranges';
import type { TypeRegistry } from '../manifests/types';
import type { Neighbours } from './neighbours';
import type { Breadth, LintPlan } from './plan';
import { rulePage } from './pages';
import type { LintProblem, LintSeverity } from './rule';
import { subjectOf } from './subject';

/** A problem of a document, at offsets from the document's start. */
export interface Located extends TextRange {
  readonly problem: LintProblem;
  readonly id: string;
  readonly severity: LintSeverity;
  /** Of the object in the document, with a dot behind it: `items[2].`. */
  readonly prefix: string;
}

/** What the rules say of a document's objects. Those that the API server refuses for their structure are left to it. */
export function lintDocument(
  document: ParsedDocument,
  breadth: Breadth,
  { plan, types, neighbours }: { plan: LintPlan; types: TypeRegistry; neighbours: Neighbours },
): Located[] {
  if (plan.active.size === 0 || document.errors.length > 0) return [];
  const found: Located[] = [];
  const places = new Map<string, TextRange>();
  const [base] = document.range;
  for (const { value, path, type } of manifestsIn(document.value, types)) {
    const subject = subjectOf(value, type);
    if (!subject) continue;
    const prefix = path === '' ? '' : `${path}.`;
    for (const { rule, options, severity } of plan.rulesFor(subject.kind, subject.pod !== undefined, breadth)) {
      for (const problem of rule.run(subject, options, neighbours)) {
        const path = prefix + problem.at;
        const known = places.get(path);
        const { start, end } = known ?? placeOf(document, path);
        if (!known) places.set(path, { start, end });
        const weight = severity ?? problem.severity ?? rule.severity;
        found.push({ start: start - base, end: end - base, problem, id: rule.id, severity: weight, prefix });
      }
    }
  }
  return found;
}

/** Of a container, and of what is missing in one, its name. */
function placeOf(document: ParsedDocument, path: string): TextRange {
  const written = document.pathRange(path);
  const container = /^(.*ontainers\[\d+\])(?:\.|$)/.exec(path)?.[1];
  if (container !== undefined && (!written || container === path)) {
    const inside = nearestInside(document, path, container);
    if (inside) return inside;
  }
  return valueRange(document, path, '');
}

/** The nearest thing around a missing field that is written below a container; of the container itself, its name. */
function nearestInside(document: ParsedDocument, path: string, container: string): TextRange | undefined {
  for (
    let at = path;
    at.length > container.length;
    at = at.slice(0, Math.max(at.lastIndexOf('.'), at.lastIndexOf('[')))
  ) {
    const range = document.pathRange(at);
    if (range) return range;
  }
  return document.pathRange(`${container}.name`);
}

/** As a finding of a file. The fix is made when it is asked for. */
export function findingOf(located: Located, document: ParsedDocument, text: string): DocumentFinding {
  const { problem, id, severity } = located;
  const [base] = document.range;
  const href = rulePage(id);
  return {
    start: located.start + base,
    end: located.end + base,
    severity,
    message: problem.message,
    code: id,
    source: 'podium lint',
    ...(href && { href }),
    get fixes() {
      return fixesOf(located, document, text);
    },
  };
}

function fixesOf({ problem: { fix }, prefix }: Located, document: ParsedDocument, text: string): FindingFix[] {
  if (!fix) return [];
  const edits = fix.edits.map((edit) => textEdits(document, text, below(prefix, edit)));
  if (!applicable(edits)) return [];
  return [{ title: fix.title, edits: edits.flat(), preferred: true }];
}

function below(prefix: string, edit: FieldEdit): FieldEdit {
  if ('set' in edit) return { ...edit, set: prefix + edit.set };
  if ('append' in edit) return { ...edit, append: prefix + edit.append };
  return 'remove' in edit ? { remove: prefix + edit.remove } : { ...edit, rename: prefix + edit.rename };
}
