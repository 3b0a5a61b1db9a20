/**
 * The schema dialect of everything: OpenAPI v3 with the `x-kubernetes-*` extensions, as a CRD's openAPIV3Schema has it.
 * Built-in kinds come from the generated catalogue, custom ones from their CRD; the same code reads both.
 */
export interface Schema {
  /** Full definition name of a built-in type: `io.k8s.api.core.v1.Container`. Resolve through the catalogue. */
  $ref?: string;
  type?: 'object' | 'array' | 'string' | 'integer' | 'number' | 'boolean';
  /** int32, int64, double, date-time, byte, int-or-string; `quantity` and `micro-time` are the catalogue's own. */
  format?: string;
  description?: string;
  properties?: Record<string, Schema>;
  required?: string[];
  items?: Schema;
  additionalProperties?: Schema | boolean;
  enum?: unknown[];
  default?: unknown;
  nullable?: boolean;
  pattern?: string;
  minimum?: number; maximum?: number; exclusiveMinimum?: boolean; exclusiveMaximum?: boolean; multipleOf?: number;
  minLength?: number; maxLength?: number; minItems?: number; maxItems?: number; uniqueItems?: boolean;
  minProperties?: number; maxProperties?: number;
  allOf?: Schema[]; anyOf?: Schema[]; oneOf?: Schema[]; not?: Schema;
  'x-kubernetes-list-type'?: 'atomic' | 'set' | 'map';
  'x-kubernetes-list-map-keys'?: string[];
  'x-kubernetes-map-type'?: 'atomic' | 'granular';
  /** `merge`, `retainKeys`, or both joined by a comma. */
  'x-kubernetes-patch-strategy'?: string;
  'x-kubernetes-patch-merge-key'?: string;
  'x-kubernetes-int-or-string'?: boolean;
  'x-kubernetes-preserve-unknown-fields'?: boolean;
  'x-kubernetes-embedded-resource'?: boolean;
  /** Kinds of which this is the schema. */
  'x-kubernetes-group-version-kind'?: { group: string; version: string; kind: string }[];
  'x-kubernetes-unions'?: { discriminator?: string; 'fields-to-discriminateBy': Record<string, string> }[];
  /**
   * Catalogue only, how the Go type writes a scalar: a zero value of an optional field is left out, save of a `pointer`;
   * a zero `default` is written always, save with `omitempty`.
   */
  'x-go'?: 'pointer' | 'omitempty';
  'x-kubernetes-validations'?: { rule: string; message?: string; messageExpression?: string; reason?: string; fieldPath?: string; optionalOldSelf?: boolean }[];
}

/** A type and how to follow its references; what patches, managed fields and decoding walk. */
export interface TypeResolver {
  /** The schema with `$ref` followed; siblings of the `$ref` (description, default, list keys) win over the target's. */
  resolve(schema: Schema): Schema;
}
