import type { LabelMap, Requirement } from '../../runtime/api/labels';
import { isBuiltIn, type KindId, kindName } from '../references/kind-id';
import { sameNamespace } from '../references/nearness';
import type { ObjectLinks, SelectorPair, SelectorReference } from '../references/reference';
import { isOwnSelector, labelsPlace, selected } from '../references/resolve';
import type { CheckContext, CheckFinding, CheckFix } from './check';
import { isSimilar, similarName } from './nearest';
import { inHome, inSameFile, kindsInHome } from './surroundings';
import { isControllerLabel, isRuntimeLabel, isSystemNamespace } from './well-known';
import { objectAndFile, quote } from './words';

/** Selectors that match nothing, with what they nearly match. */
export function* emptySelectors(links: ObjectLinks, context: CheckContext): Iterable<CheckFinding> {
  for (const reference of links.references) {
    if (reference.type !== 'selector' || isOwnSelector(reference) || reference.selector.empty) continue;
    const found = matchesNothing(reference, context);
    if (found) yield found;
  }
}

/** A candidate, and which requirements it doesn't meet. */
interface Miss {
  readonly candidate: ObjectLinks;
  readonly unmet: readonly Requirement[];
  readonly met: number;
  /** The unmet requirements are slips of a letter, or only the namespace differs. */
  readonly slight: boolean;
}

function matchesNothing(reference: SelectorReference, context: CheckContext): CheckFinding | undefined {
  const { index, live, settings } = context;
  const { selects, from, namespace, selector } = reference;
  if (settings.missing === 'never' || selected(index, reference).length > 0) return undefined;
  const kinds = selects === 'pods' ? ['pods' as const] : selects;
  if (selects !== 'pods' && selects.includes('Node')) return undefined;
  if (kinds.some((kind) => live.matches(kind, namespace, selector) === true)) return undefined;
  const nearest = nearestMiss(reference, candidatesFor(reference, context));
  if (nearest && nearest.unmet.length === 0 && sameNamespace(nearest.candidate.namespace, namespace)) return undefined;
  if (settings.missing === 'likely' && !isLikely(reference, nearest, context)) return undefined;
  const what = selects === 'pods' ? 'no pod template' : `no ${kindName(selects[0] ?? '')}`;
  if (!nearest) return finding(reference.at, `selector matches ${what} of the workspace`, true);
  const [requirement] = nearest.unmet;
  const pair = requirement && reference.pairs.find(({ key }) => key === requirement.key);
  const message = `selector matches ${what}; nearest is ${objectAndFile(nearest.candidate, from)}: ${differenceOf(nearest, reference)}`;
  return {
    ...finding(pair?.at ?? reference.at, message, !pair || !Object.hasOwn(labelsOf(nearest.candidate, reference), pair.key)),
    related: [relatedLabels(nearest.candidate, reference)],
    fixes: pair ? fixesOf(nearest, pair, labelsOf(nearest.candidate, reference)) : [],
  };
}

function finding(at: readonly string[], message: string, key: boolean): CheckFinding {
  return { at, severity: 'warning', code: 'selector-matches-nothing', message, ...(key && { key: true }) };
}

function relatedLabels(candidate: ObjectLinks, reference: SelectorReference) {
  return { object: candidate, at: labelsPlace(reference, candidate), message: `labels of ${kindName(candidate.id)} ${quote(candidate.name)}` };
}

function labelsOf({ pod, labels }: ObjectLinks, { selects }: SelectorReference): LabelMap {
  return selects === 'pods' ? (pod?.labels ?? {}) : labels;
}

function candidatesFor({ from, selects }: SelectorReference, { index }: CheckContext): ObjectLinks[] {
  return inHome(index, from).filter((each) => (selects === 'pods' ? each.pod !== undefined : selects.includes(each.id)));
}

/** The candidate that meets the most; of equals the one with slips only. */
function nearestMiss(reference: SelectorReference, candidates: readonly ObjectLinks[]): Miss | undefined {
  let best: Miss | undefined;
  for (const candidate of candidates) {
    const miss = missOf(candidate, reference);
    if (!best || weight(miss) > weight(best)) best = miss;
  }
  return best;
}

const weight = ({ met, slight }: Miss): number => met + (slight ? 0.5 : 0);

function missOf(candidate: ObjectLinks, reference: SelectorReference): Miss {
  const labels = labelsOf(candidate, reference);
  const { requirements } = reference.selector;
  const unmet = requirements.filter((one) => !isControllerLabel(one.key) && !one.matches(labels));
  return { candidate, unmet, met: requirements.length - unmet.length, slight: unmet.every((one) => isSlip(one, labels)) };
}

function isSlip({ key, values }: Requirement, labels: LabelMap): boolean {
  const own = Object.hasOwn(labels, key) ? labels[key] : undefined;
  if (own !== undefined) return values.some((value) => isSimilar(value, own));
  return keyMeant(key, values, labels) !== undefined;
}

/** The key that was likely meant: a similar one, or the only one with that very value. */
function keyMeant(key: string, values: readonly string[], labels: LabelMap): string | undefined {
  const similar = similarName(key, Object.keys(labels));
  if (similar !== undefined) return similar;
  const telling = values.filter((value) => value.length > 2 && value !== 'true' && value !== 'false');
  const same = Object.keys(labels).filter((other) => telling.includes(labels[other] ?? ''));
  return same.length === 1 ? same[0] : undefined;
}

/** How the nearest candidate's labels differ from what the selector asks for. */
function differenceOf({ candidate, unmet }: Miss, reference: SelectorReference): string {
  const labels = labelsOf(candidate, reference);
  const [requirement] = unmet;
  if (!requirement) return `it is in namespace ${quote(candidate.namespace ?? '')}`;
  const { key, values, operator } = requirement;
  const wanted = values.map(quote).join(' or ');
  if (operator === '!' || operator === 'notin' || operator === '!=') return `it has the label ${key}`;
  const own = Object.hasOwn(labels, key) ? labels[key] : undefined;
  if (own !== undefined) return `${key} is ${quote(own)}, not ${wanted}`;
  const meant = keyMeant(key, values, labels);
  if (meant === undefined) return `it has no label ${key}`;
  return `it has the label ${meant}${labels[meant] === values[0] ? '' : `: ${quote(labels[meant] ?? '')}`}, not ${key}`;
}

function fixesOf({ unmet }: Miss, { key, value, at }: SelectorPair, labels: LabelMap): CheckFix[] {
  if (unmet.length !== 1) return [];
  const own = Object.hasOwn(labels, key) ? labels[key] : undefined;
  if (own !== undefined) return [{ title: `Change to ${quote(own)}`, at, value: own, sure: isSimilar(own, value) }];
  const meant = keyMeant(key, [value], labels);
  if (meant === undefined || labels[meant] !== value || at.includes('matchExpressions')) return [];
  return [{ title: `Change to ${quote(meant)}`, at, key: true, value: meant, sure: true }];
}

/**
 * Whether what a selector misses is plainly meant to be in the workspace. Operators make pods that no file holds, elections
 * set labels while pods run, and peers may be anywhere: of those only slips are told.
 */
function isLikely(reference: SelectorReference, nearest: Miss | undefined, context: CheckContext): boolean {
  const { index } = context;
  const { from, peer, namespace, selects } = reference;
  if (!nearest) return false;
  if (nearest.slight && nearest.unmet.length > 0) return true;
  if (peer || isSystemNamespace(namespace)) return false;
  // Labels that pods have but their Service doesn't are what is mixed up most.
  if (selects !== 'pods' && nearest.met === 0 && index.podsMatching(reference.selector).length === 0) return false;
  if (nearest.unmet.length === 0) return inSameFile(index, from).includes(nearest.candidate);
  const added = nearest.unmet.filter(({ key }) => index.podsWithKey(key).size === 0);
  if (nearest.met > 0 && added.length === nearest.unmet.length && added.every(({ key }) => isRuntimeLabel(key))) return false;
  if ([...kindsInHome(index, from)].some((id) => isOperator(id, context))) return false;
  const together = inSameFile(index, from).some((each) => (selects === 'pods' ? each.pod : selects.includes(each.id)));
  // Files that define kinds are a platform's, of which something else completes the parts.
  return together ? index.ofKind('CustomResourceDefinition').size === 0 : nearest.met > 0 && isUnselected(nearest.candidate, index);
}

/** Custom resources that don't make pods. */
const inert =
  /\.(gateway\.networking\.k8s\.io|cert-manager\.io|kustomize\.config\.k8s\.io|networking\.istio\.io|security\.istio\.io)$|^(ServiceMonitor|PodMonitor|PrometheusRule|Probe|ExternalSecret|SealedSecret|IngressRoute|Middleware|VerticalPodAutoscaler|ScaledObject)\./;

/** A custom resource of which an operator may make pods. */
function isOperator(id: KindId, { index }: CheckContext): boolean {
  return !isBuiltIn(id) && !inert.test(id) && [...index.ofKind(id)].some(({ pod }) => !pod);
}

/** Nothing else selects its pods: it is the one that lost its selector. */
function isUnselected({ pod, object }: ObjectLinks, index: CheckContext['index']): boolean {
  return index.selectorsFor(pod?.labels ?? {}).every(({ from }) => from.object === object);
}
