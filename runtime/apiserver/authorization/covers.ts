import type { PolicyRule } from '../../api/kinds';
import { nonResourceUrlCovers } from './rules';

const all = '*';
const none: readonly string[] = [];

/**
 * What of `servants` is not granted by `owners`, broken down to one verb of one resource (or URL) each; empty if all
 * of it is. Compares rules as text, so it may miss that several owners together cover a `*` (upstream's
 * rbac/validation).
 */
export function missingRules(owners: readonly PolicyRule[], servants: readonly PolicyRule[]): PolicyRule[] {
  return servants.flatMap(breakDown).filter((simple) => !owners.some((owner) => covers(owner, simple)));
}

export function breakDown({
  verbs,
  apiGroups = [],
  resources = [],
  resourceNames = [],
  nonResourceURLs = [],
}: PolicyRule): PolicyRule[] {
  const simple: PolicyRule[] = [];
  for (const group of apiGroups) {
    for (const resource of resources) {
      for (const verb of verbs) {
        const rule = { apiGroups: [group], resources: [resource], verbs: [verb] };
        if (resourceNames.length === 0) simple.push(rule);
        for (const name of resourceNames) simple.push({ ...rule, resourceNames: [name] });
      }
    }
  }
  for (const url of nonResourceURLs) for (const verb of verbs) simple.push({ nonResourceURLs: [url], verbs: [verb] });
  return simple;
}

function covers(owner: PolicyRule, asked: PolicyRule): boolean {
  const ownerNames = owner.resourceNames ?? none;
  const askedNames = asked.resourceNames ?? none;
  return (
    coversAll(owner.verbs, asked.verbs) &&
    coversAll(owner.apiGroups ?? none, asked.apiGroups ?? none) &&
    (asked.resources ?? none).every((resource) => resourceCovers(owner.resources ?? none, resource)) &&
    (asked.nonResourceURLs ?? none).every((url) =>
      (owner.nonResourceURLs ?? none).some((pattern) => nonResourceUrlCovers(pattern, url)),
    ) &&
    (ownerNames.length === 0 || (askedNames.length > 0 && askedNames.every((name) => ownerNames.includes(name))))
  );
}

function coversAll(owner: readonly string[], asked: readonly string[]): boolean {
  return owner.includes(all) || asked.every((item) => owner.includes(item));
}

function resourceCovers(owner: readonly string[], resource: string): boolean {
  if (owner.includes(all) || owner.includes(resource)) return true;
  const slash = resource.indexOf('/');
  return slash >= 0 && owner.includes(`*${resource.slice(slash)}`);
}

/** Rules about the same single resource (and name) become one with all their verbs. */
export function compactRules(rules: readonly PolicyRule[]): PolicyRule[] {
  const compacted: PolicyRule[] = [];
  const simple = new Map<string, PolicyRule>();
  for (const rule of rules) {
    const key = simpleResourceKey(rule);
    const known = key === undefined ? undefined : simple.get(key);
    if (known) known.verbs.push(...rule.verbs);
    else {
      const copy = { ...rule, verbs: [...rule.verbs] };
      compacted.push(copy);
      if (key !== undefined) simple.set(key, copy);
    }
  }
  return compacted;
}

function simpleResourceKey({
  apiGroups = [],
  resources = [],
  resourceNames = [],
  nonResourceURLs = [],
}: PolicyRule): string | undefined {
  if (nonResourceURLs.length > 0 || resourceNames.length > 1 || apiGroups.length !== 1 || resources.length !== 1)
    return undefined;
  return JSON.stringify([apiGroups, resources, resourceNames]);
}

/** A list as Go's %q prints it: `["get" "list"]`. */
export const quotedList = (items: readonly string[]): string =>
  `[${items.map((item) => JSON.stringify(item)).join(' ')}]`;

/** `{APIGroups:[""], Resources:["pods"], Verbs:["get"]}` */
export function describeRule({
  apiGroups = [],
  resources = [],
  nonResourceURLs = [],
  resourceNames = [],
  verbs,
}: PolicyRule): string {
  const parts: [string, readonly string[]][] = [
    ['APIGroups', apiGroups],
    ['Resources', resources],
    ['NonResourceURLs', nonResourceURLs],
    ['ResourceNames', resourceNames],
    ['Verbs', verbs],
  ];
  return `{${parts
    .filter(([, items]) => items.length > 0)
    .map(([name, items]) => `${name}:${quotedList(items)}`)
    .join(', ')}}`;
}
