import { catalogue } from '../../runtime/api/catalogue';
import { customResourceInfo, type DefinitionVersion } from '../../runtime/api/custom/definition';
import type { CustomResourceDefinition } from '../../runtime/api/kinds';
import type { ResourceInfo } from '../../runtime/api/resource';
import { decodeObject } from '../../runtime/api/structure';
import { type GivenSchema, isReadable } from '../../runtime/api/validation/structural-schema';
import { parseManifests } from '../../runtime/api/yaml';
import { manifestsIn } from './manifest-objects';

export const definitionKind = { group: 'apiextensions.k8s.io', kind: 'CustomResourceDefinition' } as const;

const known = new WeakMap<object, readonly ResourceInfo[]>();

/**
 * What a CustomResourceDefinition defines, as someone wrote it: nothing while it can't be decoded. A version without a
 * schema that can be read takes anything.
 */
export function typesOf(value: object): readonly ResourceInfo[] {
  let types = known.get(value);
  if (!types) known.set(value, (types = typesDefinedBy(value)));
  return types;
}

function typesDefinedBy(value: object): ResourceInfo[] {
  const info = catalogue.byKind({ ...definitionKind, version: 'v1' });
  if (!info) return [];
  const { object, errors } = decodeObject<CustomResourceDefinition>(value, info.schema, catalogue);
  const { spec } = object;
  if (errors.length > 0 || !spec?.group || !spec.names?.kind || !spec.names.plural) return [];
  return (spec.versions ?? []).map((version) => customResourceInfo({ spec }, readable(version)));
}

function readable(version: DefinitionVersion): DefinitionVersion {
  const { schema, ...rest } = version;
  return schema?.openAPIV3Schema && isReadable(schema.openAPIV3Schema as GivenSchema) ? version : rest;
}

/** What the definitions in a file's text define. */
export function typesInText(text: string): ResourceInfo[] {
  return parseManifests(text)
    .flatMap(({ value }) => manifestsIn(value))
    .filter(({ type }) => type?.group === definitionKind.group && type.kind === definitionKind.kind)
    .flatMap(({ value }) => typesOf(value));
}
