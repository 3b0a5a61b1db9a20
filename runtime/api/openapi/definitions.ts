import { catalogue } from '../catalogue';
import type { GroupVersionKind } from '../object';
import type { ResourceInfo } from '../resource';
import type { Schema } from '../schema';
import { definitionOfFormat, meta, refPrefix, type Flavour, type Json, type JsonObject } from './documents';
import { describeField, describeType } from './texts';

const crds = 'io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1';

/** Definitions that the documents show otherwise than the catalogue has them. */
const special: Record<string, Record<Flavour, JsonObject>> = {
  [definitionOfFormat['quantity'] as string]: {
    v2: { type: 'string' },
    v3: { oneOf: [{ type: 'string' }, { type: 'number' }] },
  },
  [definitionOfFormat['int-or-string'] as string]: {
    v2: { type: 'string', format: 'int-or-string' },
    v3: { format: 'int-or-string', oneOf: [{ type: 'integer' }, { type: 'string' }] },
  },
  [`${meta}.Time`]: same({ type: 'string', format: 'date-time' }),
  [`${meta}.MicroTime`]: same({ type: 'string', format: 'date-time' }),
  [`${meta}.FieldsV1`]: same({ type: 'object' }),
  [`${meta}.Patch`]: same({ type: 'object' }),
  'io.k8s.apimachinery.pkg.runtime.RawExtension': same({ type: 'object' }),
  [`${crds}.JSON`]: same({}),
  [`${crds}.JSONSchemaPropsOrArray`]: same({}),
  [`${crds}.JSONSchemaPropsOrBool`]: same({}),
  [`${crds}.JSONSchemaPropsOrStringArray`]: same({}),
};

function same(value: JsonObject): Record<Flavour, JsonObject> {
  return { v2: value, v3: value };
}

/** Writes schemas of the catalogue for one flavour of document, and notes which definitions they lead to. */
export class DefinitionWriter {
  private readonly written = new Map<string, JsonObject>();
  private readonly authored = new WeakSet<Schema>();

  constructor(
    private readonly flavour: Flavour,
    /** Custom kinds by definition name. */
    private readonly custom: ReadonlyMap<string, Schema>,
    /** Group versions that the meta types are registered for. */
    private readonly metaVersions: readonly { group: string; version: string }[],
  ) {}

  /** A reference, whose target comes along in {@link definitions}. */
  reference(name: string): JsonObject {
    if (!this.written.has(name)) {
      const document: JsonObject = {};
      this.written.set(name, document);
      Object.assign(document, this.definition(name));
    }
    return { $ref: refPrefix[this.flavour] + name };
  }

  /** Everything referenced so far, by name. */
  definitions(): JsonObject {
    return Object.fromEntries([...this.written].sort(([a], [b]) => (a < b ? -1 : 1)));
  }

  private definition(name: string): JsonObject {
    const description = describeType(name);
    const shown = special[name];
    if (shown) return { ...(description && { description }), ...shown[this.flavour] };
    const custom = this.custom.get(name);
    if (custom) return this.write(custom);
    const schema = catalogue.definition(name);
    if (!schema) return {};
    return { ...(description && { description }), ...this.struct(name, schema), ...this.metaKinds(name) };
  }

  private struct(name: string, schema: Schema): JsonObject {
    const properties = Object.entries(schema.properties ?? {}).map(([field, property]): [string, Json] => {
      const description = describeField(name, field);
      return [field, this.property(property, description)];
    });
    const document = this.write({ ...schema, properties: {} });
    delete document['properties'];
    return { ...document, ...(properties.length > 0 && { properties: Object.fromEntries(properties) }) };
  }

  private property(schema: Schema, description: string): JsonObject {
    const document = this.write(schema);
    if (typeof document['$ref'] !== 'string') return { ...(description && { description }), ...document };
    const { $ref, ...siblings } = document;
    const all = { ...(description && { description }), ...siblings };
    // Upstream wraps the references of its own types alone.
    if (this.flavour === 'v2' || this.authored.has(schema)) return { $ref, ...all };
    return Object.keys(all).length > 0 ? { allOf: [{ $ref }], ...all } : document;
  }

  /** DeleteOptions and WatchEvent exist in every group version. */
  private metaKinds(name: string): JsonObject {
    const kind = name.slice(name.lastIndexOf('.') + 1);
    if (name !== `${meta}.DeleteOptions` && name !== `${meta}.WatchEvent`) return {};
    return {
      'x-kubernetes-group-version-kind': this.metaVersions.map(({ group, version }) => ({ group, version, kind })),
    };
  }

  /** A schema of the catalogue or of a CRD. */
  write(schema: Schema): JsonObject {
    const target = schema.$ref ?? (this.authored.has(schema) ? undefined : definitionOfFormat[schema.format ?? '']);
    const base: JsonObject = target === undefined ? {} : this.reference(target);
    for (const [key, value] of Object.entries(schema) as [keyof Schema, Json][]) {
      const written = target !== undefined && key === 'format' ? undefined : this.keyword(key, value, schema);
      if (written !== undefined) base[key] = written;
    }
    if (target !== undefined) for (const key of ['type', 'x-kubernetes-int-or-string']) delete base[key];
    return base;
  }

  private keyword(key: keyof Schema, value: Json, schema: Schema): Json | undefined {
    switch (key) {
      case '$ref':
      case 'x-go':
        return undefined;
      case 'enum':
        // The built-in kinds' documents have none: clients of other versions know other values.
        return this.authored.has(schema) ? value : undefined;
      case 'default':
        return this.flavour === 'v2' ? undefined : value;
      case 'properties':
        return Object.fromEntries(
          Object.entries(schema.properties ?? {}).map(([name, property]) => [name, this.property(property, '')]),
        );
      case 'items':
        return schema.items && this.write(schema.items);
      case 'additionalProperties':
        return typeof schema.additionalProperties === 'object' ? this.write(schema.additionalProperties) : value;
      case 'allOf':
      case 'anyOf':
      case 'oneOf':
        return this.flavour === 'v2' ? undefined : (schema[key] ?? []).map((part) => this.write(part));
      case 'not':
        return this.flavour === 'v2' || !schema.not ? undefined : this.write(schema.not);
      case 'nullable':
      case 'x-kubernetes-validations':
        return this.flavour === 'v2' ? undefined : value;
      default:
        return value;
    }
  }

  /** Marks what the author of a CRD wrote, where formats and enumerations are shown as they stand. */
  adopt(schema: Schema): void {
    this.authored.add(schema);
    for (const child of children(schema)) this.adopt(child);
  }
}

function children(schema: Schema): Schema[] {
  const { items, additionalProperties, not } = schema;
  return [
    ...Object.values(schema.properties ?? {}),
    ...(schema.allOf ?? []),
    ...(schema.anyOf ?? []),
    ...(schema.oneOf ?? []),
    ...(items ? [items] : []),
    ...(not ? [not] : []),
    ...(typeof additionalProperties === 'object' ? [additionalProperties] : []),
  ];
}

/** `com.example.stable.v1.CronTab`, as upstream names custom kinds. */
export function definitionName(info: ResourceInfo): string {
  return info.schema.$ref ?? [...info.group.split('.').reverse(), info.version, info.kind].join('.');
}

export function listDefinitionName(info: ResourceInfo): string {
  const name = definitionName(info);
  return name.slice(0, name.lastIndexOf('.') + 1) + info.listKind;
}

/** Where a subresource speaks a kind of its own. */
export function definitionOfKind(kind: GroupVersionKind): string {
  return `io.k8s.api.${kind.group === '' ? 'core' : kind.group.replace(/\..*$/, '')}.${kind.version}.${kind.kind}`;
}
