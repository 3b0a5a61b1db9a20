import type { PolicyRule } from '../../api/kinds';

/** The core group, in a list of groups that are words. */
const core = 'core';
const words = (text: string): string[] => text.split(/\s+/).filter(Boolean).sort();

export const read = 'get list watch';
export const write = 'create update patch delete deletecollection';
export const readWrite = `${read} ${write}`;

/**
 * A rule about resources. All parts are lists of words; `core` is the group without a name. Sorted, as upstream
 * stores them.
 */
export function allow(verbs: string, groups: string, resources: string, names = ''): PolicyRule {
  return {
    verbs: words(verbs),
    apiGroups: words(groups)
      .map((group) => (group === core ? '' : group))
      .sort(),
    resources: words(resources),
    ...(names && { resourceNames: words(names) }),
  };
}

export function allowUrls(verbs: string, urls: string): PolicyRule {
  return { verbs: words(verbs), nonResourceURLs: words(urls) };
}

export const events = allow('create update patch', 'core events.k8s.io', 'events');
