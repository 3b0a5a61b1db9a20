import type { FindingContext } from '../context';
import type { DocumentFinding } from '../findings/finding';
import type { SourceFile } from '../documents/source-file';
import type { ObjectLinks } from '../references/reference';
import { nearestRange } from '../references/places';
import { askedObjectsOf } from '../references/asked-objects';
import { referencesOf } from '../references/workspace-references';
import { brokenQuotas, crowdedQuotas } from './quota';
import { fixedReplicas, rivalAutoscalers } from './autoscaling';
import type { Check, CheckContext, CheckFinding, CheckFix } from './check';
import { duplicateObjects } from './duplicates';
import { removal, replacement } from '../references/edits';
import { servicesWithAddress } from './headless-service';
import { brokenLimitRanges } from './limit-range';
import { kustomizedFiles } from '../references/kustomized';
import { missingKeys, missingSubPaths } from './missing-key';
import { missingNamespaces } from './missing-namespace';
import { missingObjects } from './missing-object';
import { missingPorts } from './ports';
import { rivalBudgets, rivalWorkloads } from './rival-selectors';
import { emptySelectors } from './selectors';

const checks: readonly Check[] = [
  missingObjects,
  missingKeys,
  missingSubPaths,
  missingPorts,
  missingNamespaces,
  emptySelectors,
  servicesWithAddress,
  fixedReplicas,
  rivalAutoscalers,
  rivalWorkloads,
  rivalBudgets,
  duplicateObjects,
  brokenLimitRanges,
  brokenQuotas,
  crowdedQuotas,
];

/** Findings across the workspace's objects. Nothing is said before all files are known. */
export function registerChecks(context: FindingContext): void {
  const references = referencesOf(context);
  let indexed = false;
  const live = askedObjectsOf(context);
  const kustomized = kustomizedFiles(context);
  live.onDidChange(() => context.findings.changed());
  const known = new WeakMap<SourceFile, { generation: string; settings: object; findings: DocumentFinding[] }>();
  void context.workspace.ready.then(() => {
    indexed = true;
    const open = context.documents.all().flatMap(({ uri }) => context.documents.file(uri) ?? []);
    if (open.some((file) => find(file).length > 0)) context.refreshFindings();
  });
  const find = (file: SourceFile): DocumentFinding[] => {
    if (!indexed) return [];
    const { index } = references;
    const settings = context.settings().references;
    const last = known.get(file);
    const generation = `${index.generation} ${live.generation}`;
    if (last?.generation === generation && last.settings === settings) return last.findings;
    const findings = findingsIn(file, { index, settings, live, kustomized });
    known.set(file, { generation, settings, findings });
    return findings;
  };
  context.addFindings('checks', find);
}

export function findingsIn(file: SourceFile, context: CheckContext): DocumentFinding[] {
  // A patch is a part of an object: what it lacks is written elsewhere.
  if (context.kustomized.isPatch(file.uri)) return [];
  return context.index.inFile(file.uri).flatMap((links) => {
    // What doesn't parse is half of itself.
    if (links.object.document().errors.length > 0) return [];
    return objectFindings(links, context).map((finding) => placed(finding, links, file));
  });
}

export function objectFindings(links: ObjectLinks, context: CheckContext): CheckFinding[] {
  return checks.flatMap((check) => [...check(links, context)]);
}

function placed(finding: CheckFinding, links: ObjectLinks, file: SourceFile): DocumentFinding {
  const { at, key, severity, code, message, related = [], fixes = [] } = finding;
  return {
    ...nearestRange(links, at, key ? 'key' : 'value'),
    severity,
    code,
    message,
    related: related.map((place) => ({
      uri: place.object.object.uri,
      range: nearestRange(place.object, place.at, place.key ? 'key' : 'value'),
      message: place.message,
    })),
    fixes: fixes.flatMap((fix) => editOf(fix, links, file)),
  };
}

function editOf(fix: CheckFix, links: ObjectLinks, file: SourceFile): NonNullable<DocumentFinding['fixes']> {
  const { at, value, key, title, sure } = fix;
  const edit = value === undefined ? removal(file.text, links, at) : replacement(file.text, links, at, value, key ? 'key' : 'value');
  return edit ? [{ title, edits: [edit], ...(sure && { preferred: true }) }] : [];
}

