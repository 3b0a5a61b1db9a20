import * as z from 'zod';
import type { ResourceInfo, Verb } from '../../api/resource';

const entry = z.object({
  name: z.string(), singularName: z.string().default(''), namespaced: z.boolean(), kind: z.string(),
  group: z.string().optional(), version: z.string().optional(), verbs: z.array(z.string()),
  shortNames: z.array(z.string()).default([]), categories: z.array(z.string()).default([]),
});
const resourceList = z.object({ kind: z.literal('APIResourceList'), resources: z.array(entry) });

/** What another API server says it has in a group version, for discovery. Throws for what is no APIResourceList. */
export function discoveredResources(document: unknown, group: string, version: string): ResourceInfo[] {
  const { resources } = resourceList.parse(document);
  return resources.filter(({ name }) => !name.includes('/')).map((main) => ({
    group, version, resource: main.name, kind: main.kind, listKind: `${main.kind}List`, singular: main.singularName,
    namespaced: main.namespaced, shortNames: main.shortNames, categories: main.categories, verbs: main.verbs as Verb[],
    subresources: resources.filter(({ name }) => name.startsWith(`${main.name}/`)).map((sub) => ({
      name: sub.name.slice(main.name.length + 1),
      kind: { group: sub.group ?? group, version: sub.version ?? version, kind: sub.kind },
      verbs: sub.verbs,
    })),
    schema: {},
  }));
}
