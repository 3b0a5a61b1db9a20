import type { Schema, TypeResolver } from '../schema';

/**
 * What structured merging needs to know of a type, compiled from its schema once. `untyped` is whatever the value is:
 * objects are granular and lists atomic, as under x-kubernetes-preserve-unknown-fields.
 */
export interface TypeNode {
  readonly kind: 'scalar' | 'map' | 'list' | 'untyped';
  readonly scalar?: 'numeric' | 'string' | 'boolean' | 'untyped';
  readonly atomic: boolean;
  readonly fields?: ReadonlyMap<string, FieldNode>;
  /** Type of list items, or of a map's values that are not named fields. */
  readonly element?: () => TypeNode;
  /** Keys of an associative list, sorted; an associative list without keys is a set. */
  readonly keys?: readonly string[];
  readonly keyDefaults?: Readonly<Record<string, unknown>>;
}

export interface FieldNode {
  /** `f:NAME` */
  readonly element: string;
  readonly type: () => TypeNode;
  /**
   * What a Go client of the type sees when the field is missing: structs that are not pointers are always there, and so
   * is (as null) what has no omitempty. It decides where `.` stands. Undefined for what is simply missing.
   */
  readonly zero: Readonly<Record<string, never>> | null | undefined;
}

const untyped: TypeNode = { kind: 'untyped', atomic: false, element: () => untyped };
const atomicUntyped: TypeNode = { kind: 'untyped', atomic: true };
const anyScalar: TypeNode = { kind: 'scalar', scalar: 'untyped', atomic: false };
const emptyStruct = Object.freeze({});

type Cache = Map<string, WeakMap<Schema, TypeNode>>;
const caches = new WeakMap<TypeResolver, Cache>();

/** The type of a schema. `builtIn`: a Go type of Kubernetes' own stands behind it, rather than a CRD. */
export function typeNode(schema: Schema, resolver: TypeResolver, builtIn: boolean): TypeNode {
  let cache = caches.get(resolver);
  if (!cache) caches.set(resolver, (cache = new Map()));
  return new Compiler(resolver, builtIn, cache).node(schema);
}

class Compiler {
  private readonly nodes: WeakMap<Schema, TypeNode>;

  constructor(
    private readonly resolver: TypeResolver,
    private readonly builtIn: boolean,
    cache: Cache,
  ) {
    const variant = builtIn ? 'built-in' : 'custom';
    this.nodes = cache.get(variant) ?? new WeakMap();
    cache.set(variant, this.nodes);
  }

  node(schema: Schema): TypeNode {
    let node = this.nodes.get(schema);
    if (!node) this.nodes.set(schema, (node = this.compile(this.resolver.resolve(schema), schema.$ref ?? '')));
    return node;
  }

  private compile(schema: Schema, ref: string): TypeNode {
    if (schema['x-kubernetes-int-or-string'] || schema.format === 'int-or-string' || schema.format === 'quantity')
      return anyScalar;
    if (schema.items || schema.type === 'array') return this.list(schema);
    if (schema.properties || schema.additionalProperties) return this.map(schema);
    if (schema.type === 'object') return this.emptyObject(schema, ref);
    if (schema.format === 'date-time' || schema.format === 'micro-time') return anyScalar;
    switch (schema.type) {
      case 'string':
        return { kind: 'scalar', scalar: 'string', atomic: false };
      case 'integer':
      case 'number':
        return { kind: 'scalar', scalar: 'numeric', atomic: false };
      case 'boolean':
        return { kind: 'scalar', scalar: 'boolean', atomic: false };
      default:
        return schema['x-kubernetes-map-type'] === 'atomic' ? atomicUntyped : untyped;
    }
  }

  private emptyObject(schema: Schema, ref: string): TypeNode {
    if (schema['x-kubernetes-map-type'] === 'atomic') return { kind: 'map', atomic: true, element: () => untyped };
    const open = !ref || schema['x-kubernetes-preserve-unknown-fields'] || /\.(RawExtension|FieldsV1)$/.test(ref);
    return open
      ? { kind: 'map', atomic: false, element: () => untyped }
      : { kind: 'map', atomic: false, fields: new Map() };
  }

  private map(schema: Schema): TypeNode {
    const required = new Set(this.builtIn ? schema.required : []);
    const fields = new Map<string, FieldNode>();
    for (const [name, property] of Object.entries(schema.properties ?? {})) {
      fields.set(name, {
        element: `f:${name}`,
        type: () => this.node(property),
        zero: this.zero(property, required.has(name)),
      });
    }
    const additional = schema.additionalProperties;
    const open =
      additional === true || schema['x-kubernetes-preserve-unknown-fields'] || schema['x-kubernetes-embedded-resource'];
    const element = typeof additional === 'object' ? () => this.node(additional) : open ? () => untyped : undefined;
    if (schema['x-kubernetes-embedded-resource']) addTypeMeta(fields);
    return { kind: 'map', atomic: schema['x-kubernetes-map-type'] === 'atomic', fields, ...(element && { element }) };
  }

  private zero(property: Schema, required: boolean): FieldNode['zero'] {
    if (!this.builtIn) return undefined;
    const { default: value } = property;
    if (typeof value === 'object' && value !== null && !Array.isArray(value) && Object.keys(value).length === 0)
      return emptyStruct;
    if (!required) return undefined;
    const { type } = this.resolver.resolve(property);
    return type === 'array' || type === 'object' ? null : undefined;
  }

  private list(schema: Schema): TypeNode {
    const items = schema.items;
    const element = items ? () => this.node(items) : () => untyped;
    const { associative, keys } = relationship(schema);
    if (!associative) return { kind: 'list', atomic: true, element };
    return {
      kind: 'list',
      atomic: false,
      element,
      ...(keys && { keys: [...keys].sort(), keyDefaults: this.keyDefaults(keys, items) }),
    };
  }

  private keyDefaults(keys: readonly string[], items: Schema | undefined): Record<string, unknown> {
    const properties = (items && this.resolver.resolve(items).properties) ?? {};
    const defaults: Record<string, unknown> = {};
    for (const key of keys) {
      const value = properties[key]?.default ?? (this.builtIn && key === 'protocol' ? 'TCP' : undefined);
      if (value !== undefined) defaults[key] = value;
    }
    return defaults;
  }
}

/** A list is atomic unless the list type, or else the patch strategy, says otherwise. */
function relationship(schema: Schema): { associative: boolean; keys?: readonly string[] } {
  const type = schema['x-kubernetes-list-type'];
  if (type === 'set') return { associative: true };
  if (type === 'map') return { associative: true, keys: schema['x-kubernetes-list-map-keys'] ?? [] };
  if (type === 'atomic') return { associative: false };
  if (!(schema['x-kubernetes-patch-strategy'] ?? '').split(',').includes('merge')) return { associative: false };
  const key = schema['x-kubernetes-patch-merge-key'];
  return key ? { associative: true, keys: [key] } : { associative: true };
}

function addTypeMeta(fields: Map<string, FieldNode>): void {
  const text: TypeNode = { kind: 'scalar', scalar: 'string', atomic: false };
  for (const name of ['apiVersion', 'kind']) {
    if (!fields.has(name)) fields.set(name, { element: `f:${name}`, type: () => text, zero: undefined });
  }
}
