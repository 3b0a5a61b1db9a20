import { distance } from 'fastest-levenshtein';
import * as z from 'zod';
import { origins, tools } from './origins';
import { categories, type LintRule, type LintSeverity } from './rule';
import { rules, rulesById } from './rules';
import type { LintSettings } from './settings';

/** Rules that look at one object alone, or those that look at others too. */
export type Breadth = 'narrow' | 'wide';

export interface PlannedRule {
  readonly rule: LintRule;
  readonly options: unknown;
  /** As settings say; undefined: the rule's own. */
  readonly severity: LintSeverity | undefined;
}

/** Which rules look at what, made of the settings once. */
export interface LintPlan {
  readonly active: ReadonlyMap<string, PlannedRule>;
  /** Rules for an object of a kind (`apps/Deployment`). */
  rulesFor(kind: string, hasPod: boolean, breadth: Breadth): readonly PlannedRule[];
  /** What the settings say that can't be understood. */
  readonly problems: readonly SettingsProblem[];
}

/** Something that can't be understood, by its path below the settings of linting: `['rules', 'host-pid']`. */
export interface SettingsProblem {
  readonly path: readonly string[];
  readonly message: string;
}

const has = (tool: string) => (rule: LintRule) =>
  origins.some((origin) => origin.tool === tool && origin.byDefault && origin.rules?.includes(rule.id));

/** Presets by name: what is on. */
export const presets: ReadonlyMap<string, { readonly title: string; readonly holds: (rule: LintRule) => boolean }> =
  new Map([
    ['none', { title: 'No rule.', holds: () => false }],
    ['recommended', { title: 'Plain mistakes alone.', holds: ({ recommended }) => recommended === true }],
    ['all', { title: 'Every rule.', holds: () => true }],
    ...categories
      .filter((category) => category !== 'pod-security')
      .map((category): [string, { title: string; holds: (rule: LintRule) => boolean }] => [
        category,
        { title: `Rules of the category ${category}.`, holds: (rule) => rule.category === category },
      ]),
    [
      'pod-security-baseline',
      { title: 'The Pod Security level baseline.', holds: ({ id }) => id === 'pod-security-baseline' },
    ],
    [
      'pod-security-restricted',
      { title: 'The Pod Security level restricted.', holds: ({ id }) => id === 'pod-security-restricted' },
    ],
    ...tools.map((tool): [string, { title: string; holds: (rule: LintRule) => boolean }] => [
      tool,
      { title: `What ${tool} has on by default.`, holds: has(tool) },
    ]),
  ]);

export const defaultPresets = ['recommended'];

export function makePlan(settings: LintSettings): LintPlan {
  const problems: SettingsProblem[] = [];
  const active = new Map<string, PlannedRule>();
  for (const [i, name] of (settings.enable ?? defaultPresets).entries()) {
    const preset = presets.get(name);
    if (!preset) problems.push({ path: ['enable', String(i)], message: unknown('preset', name, [...presets.keys()]) });
    else for (const rule of rules) if (preset.holds(rule)) active.set(rule.id, planned(rule, {}, undefined, problems));
  }
  for (const [id, wanted] of Object.entries(settings.rules ?? {})) {
    const rule = rulesById.get(id);
    if (!rule) problems.push({ path: ['rules', id], message: unknown('rule', id, [...rulesById.keys()]) });
    else if (wanted === false || wanted === 'off') active.delete(id);
    else active.set(id, plannedBy(rule, wanted, problems));
  }
  return { active, problems, rulesFor: byKind([...active.values()]) };
}

function plannedBy(
  rule: LintRule,
  wanted: Exclude<NonNullable<LintSettings['rules']>[string], false>,
  problems: SettingsProblem[],
): PlannedRule {
  if (typeof wanted === 'object') {
    const { severity, ...options } = wanted;
    return planned(rule, options, severity, problems);
  }
  return planned(rule, {}, wanted === true || wanted === 'on' || wanted === 'off' ? undefined : wanted, problems);
}

function planned(
  rule: LintRule,
  given: object,
  severity: LintSeverity | undefined,
  problems: SettingsProblem[],
): PlannedRule {
  if (!rule.options && Object.keys(given).length === 0) return { rule, options: {}, severity };
  const schema = (rule.options ?? z.object({})).strict();
  const { data, error } = schema.safeParse(given);
  if (!error) return { rule, options: data, severity };
  for (const { path, message } of error.issues) {
    const option = path.map(String);
    const text = [`rule "${rule.id}"`, ...(option.length > 0 ? [option.join('.')] : []), message].join(': ');
    problems.push({ path: ['rules', rule.id, ...option], message: text });
  }
  return { rule, options: schema.parse({}), severity };
}

function byKind(active: readonly PlannedRule[]): LintPlan['rulesFor'] {
  const known = new Map<string, readonly PlannedRule[]>();
  return (kind, hasPod, breadth) => {
    const key = `${kind} ${hasPod} ${breadth}`;
    let list = known.get(key);
    if (!list) {
      list = active.filter(({ rule: { kinds, wide } }) => {
        if ((breadth === 'wide') !== (wide === true)) return false;
        return kinds === 'pods' ? hasPod : kinds === 'all' || kinds.includes(kind);
      });
      known.set(key, list);
    }
    return list;
  };
}

/** Names what may be meant: what is two letters away, or has most of the words. */
function unknown(what: string, name: string, known: readonly string[]): string {
  const near = known.filter((other) => isNear(name, other)).slice(0, 3);
  const meant = near.map((other) => `"${other}"`).join(' or ');
  return `there is no ${what} "${name}"${meant && `: is ${meant} meant?`}`;
}

function isNear(name: string, other: string): boolean {
  if (distance(name, other) <= 2) return true;
  const words = name.split(/[-_]/).filter((word) => word.length > 2);
  return words.length > 0 && words.filter((word) => other.includes(word)).length * 2 > words.length;
}
