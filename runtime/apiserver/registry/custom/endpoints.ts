import { catalogue } from '../../../api/catalogue';
import { customResourceInfo } from '../../../api/custom/definition';
import type { DefinitionVersion } from '../../../api/custom/definition';
import type { CustomResourceDefinition } from '../../../api/kinds';
import type { UntypedObject } from '../../../api/object';
import type { ResourceInfo } from '../../../api/resource';
import type { Schema } from '../../../api/schema';
import { resourcePrefix } from '../../storage/keys';
import type { ResourceStorage } from '../../storage/resource-storage';
import { convertedView, storedView } from '../endpoint';
import type { CustomDetails, Endpoint } from '../endpoint';
import { GenericStrategy } from '../strategy';

/** One endpoint for each served version of a definition; all share the storage of its storage version. */
export function customEndpoints(
  definition: CustomResourceDefinition, storage: (prefix: string, info: ResourceInfo) => ResourceStorage,
): Endpoint[] {
  const { spec } = definition;
  const stored = spec.versions.find((version) => version.storage)!;
  const prefix = resourcePrefix(spec.group, spec.names.plural, false);
  return spec.versions.filter((version) => version.served).map((version) => {
    const info = customResourceInfo(definition, version);
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

function detailsOf(version: DefinitionVersion, schema: Schema): CustomDetails {
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
