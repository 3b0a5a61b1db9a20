import type { CustomResourceDefinition } from '../kinds';
import type { ResourceInfo, SubresourceInfo, Verb } from '../resource';
import type { Schema } from '../schema';

export type DefinitionVersion = CustomResourceDefinition['spec']['versions'][number];

const verbs: readonly Verb[] = ['delete', 'deletecollection', 'get', 'list', 'patch', 'create', 'update', 'watch'];

/** What a definition makes of the served resource of one of its versions. Names are the accepted ones, where it has any. */
export function customResourceInfo(
  { spec, status }: Pick<CustomResourceDefinition, 'spec' | 'status'>, version: DefinitionVersion,
): ResourceInfo {
  const names = status?.acceptedNames ?? spec.names;
  const own = { group: spec.group, version: version.name, kind: names.kind };
  return {
    ...own, resource: names.plural, listKind: names.listKind ?? `${names.kind}List`,
    singular: names.singular ?? names.kind.toLowerCase(), namespaced: spec.scope === 'Namespaced',
    shortNames: names.shortNames ?? [], categories: names.categories ?? [], verbs,
    subresources: subresourcesOf(version, own), schema: customSchema(version),
  };
}

function subresourcesOf({ subresources }: DefinitionVersion, kind: SubresourceInfo['kind']): SubresourceInfo[] {
  const found: SubresourceInfo[] = [];
  const subresourceVerbs = ['get', 'patch', 'update'];
  if (subresources?.status) found.push({ name: 'status', kind, verbs: subresourceVerbs });
  const scale = { group: 'autoscaling', version: 'v1', kind: 'Scale' };
  if (subresources?.scale) found.push({ name: 'scale', kind: scale, verbs: subresourceVerbs });
  return found;
}

/** The version's schema with what every object has besides. */
function customSchema(version: DefinitionVersion): Schema {
  const open: Schema = { type: 'object', 'x-kubernetes-preserve-unknown-fields': true };
  const given = (version.schema?.openAPIV3Schema as Schema | undefined) ?? open;
  return {
    ...given, type: 'object',
    properties: {
      ...given.properties,
      apiVersion: { type: 'string' }, kind: { type: 'string' },
      metadata: { $ref: 'io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta' },
    },
  };
}
