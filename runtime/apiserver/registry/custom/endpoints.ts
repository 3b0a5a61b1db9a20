import { catalogue } from '../../../api/catalogue';
import type { CustomResourceDefinition } from '../../../api/kinds';
import type { UntypedObject } from '../../../api/object';
import type { ResourceInfo, SubresourceInfo, Verb } from '../../../api/resource';
import type { Schema } from '../../../api/schema';
import { resourcePrefix } from '../../storage/keys';
import type { ResourceStorage } from '../../storage/resource-storage';
import { convertedView, storedView } from '../endpoint';
import type { CustomDetails, Endpoint } from '../endpoint';
import { GenericStrategy } from '../strategy';

const verbs: readonly Verb[] = ['delete', 'deletecollection', 'get', 'list', 'patch', 'create', 'update', 'watch'];

type Version = CustomResourceDefinition['spec']['versions'][number];

/** One endpoint for each served version of a definition; all share the storage of its storage version. */
export function customEndpoints(
  definition: CustomResourceDefinition, storage: (prefix: string, info: ResourceInfo) => ResourceStorage,
): Endpoint[] {
  const { spec } = definition;
  const stored = spec.versions.find((version) => version.storage)!;
  const prefix = resourcePrefix(spec.group, spec.names.plural, false);
  return spec.versions.filter((version) => version.served).map((version) => {
    const info = infoOf(definition, version);
    const same = version.name === stored.name;
    const as = (name: string) => (object: UntypedObject): UntypedObject => ({ ...object, apiVersion: `${spec.group}/${name}` });
    const details = detailsOf(version, info.schema);
    return {
      info, storage: storage(prefix, info), schema: info.schema, resolver: catalogue,
      strategy: new GenericStrategy(info, true), custom: details,
      view: same ? storedView(info, details.printerColumns) : convertedView(info, as(version.name), details.printerColumns),
      toStored: same ? (object: UntypedObject) => object : as(stored.name),
    };
  });
}

function infoOf({ spec, status }: CustomResourceDefinition, version: Version): ResourceInfo {
  const names = status?.acceptedNames ?? spec.names;
  const { group } = spec;
  const own = { group, version: version.name, kind: names.kind };
  const subresources: SubresourceInfo[] = [];
  if (version.subresources?.status) subresources.push({ name: 'status', kind: own, verbs: ['get', 'patch', 'update'] });
  if (version.subresources?.scale) {
    subresources.push({ name: 'scale', kind: { group: 'autoscaling', version: 'v1', kind: 'Scale' }, verbs: ['get', 'patch', 'update'] });
  }
  return {
    ...own, resource: names.plural, listKind: names.listKind ?? `${names.kind}List`,
    singular: names.singular ?? names.kind.toLowerCase(), namespaced: spec.scope === 'Namespaced',
    shortNames: names.shortNames ?? [], categories: names.categories ?? [], verbs, subresources, schema: schemaOf(version),
  };
}

/** The version's schema with what every object has besides. */
function schemaOf(version: Version): Schema {
  const given = (version.schema?.openAPIV3Schema ?? { type: 'object', 'x-kubernetes-preserve-unknown-fields': true }) as Schema;
  return {
    ...given, type: 'object',
    properties: {
      ...given.properties,
      apiVersion: { type: 'string' }, kind: { type: 'string' },
      metadata: { $ref: 'io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta' },
    },
  };
}

function detailsOf(version: Version, schema: Schema): CustomDetails {
  const scale = version.subresources?.scale;
  return {
    schema,
    ...(scale && {
      scale: {
        specReplicasPath: scale.specReplicasPath, statusReplicasPath: scale.statusReplicasPath,
        ...(scale.labelSelectorPath && { labelSelectorPath: scale.labelSelectorPath }),
      },
    }),
    printerColumns: version.additionalPrinterColumns ?? [],
    selectableFields: (version.selectableFields ?? []).map(({ jsonPath }) => jsonPath),
  };
}
