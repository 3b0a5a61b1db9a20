import { catalogue } from '../../../api/catalogue';
import { customResourceInfo } from '../../../api/custom/definition';
import type { DefinitionVersion } from '../../../api/custom/definition';
import type { CustomResourceDefinition } from '../../../api/kinds';
import type { UntypedObject } from '../../../api/object';
import type { ResourceInfo } from '../../../api/resource';
import type { Schema } from '../../../api/schema';
import { resourcePrefix } from '../../storage/keys';
import type { ResourceStorage } from '../../storage/resource-storage';
import type { CustomDetails, Endpoint } from '../endpoint';
import { GenericStrategy } from '../strategy';
import { webhookConversion } from './conversion-webhook';
import type { ConversionWebhooks } from './conversion-webhook';
import { customView } from './view';

/** One endpoint for each served version of a definition; all share the storage of its storage version. */
export function customEndpoints(
  definition: CustomResourceDefinition, storage: (prefix: string, info: ResourceInfo) => ResourceStorage,
  webhooks: ConversionWebhooks | undefined,
): Endpoint[] {
  const { spec } = definition;
  const stored = `${spec.group}/${spec.versions.find((version) => version.storage)!.name}`;
  const prefix = resourcePrefix(spec.group, spec.names.plural, false);
  const convert = webhookConversion(definition, webhooks);
  const toStored = async (object: UntypedObject): Promise<UntypedObject> =>
    convert && object.apiVersion !== stored ? (await convert([object], stored))[0]! : { ...object, apiVersion: stored };
  return spec.versions.filter((version) => version.served).map((version) => {
    const info = customResourceInfo(definition, version);
    const details = detailsOf(definition, version, info.schema);
    return {
      info, storage: storage(prefix, info), schema: info.schema, resolver: catalogue,
      strategy: new GenericStrategy(info, true), custom: details,
      view: customView(info, details.printerColumns, convert), toStored,
    };
  });
}

function detailsOf(
  { metadata }: CustomResourceDefinition, version: DefinitionVersion, schema: Schema,
): CustomDetails {
  const scale = version.subresources?.scale;
  return {
    schema, generation: metadata.generation ?? 0,
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
