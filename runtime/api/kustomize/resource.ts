import { parseSelector } from '../labels';
import { isObject } from '../patch/json';
import type { JsonObject } from '../patch/json';
import { effectiveNamespace, gvkOf, isClusterScoped } from './ids';
import type { Gvk, ResourceId } from './ids';
import { attribute, copyWithSources, setFieldSource } from './sources';
import type { Source } from './sources';

export type Behavior = 'create' | 'merge' | 'replace';

export interface Origin {
  path?: string;
  configuredIn?: string;
  configuredBy?: { apiVersion: string; kind: string; name?: string; namespace?: string };
}

/** An object on its way through a build, and what it was called before. */
export class Resource {
  /** Names that it had, oldest first, without the present one. */
  readonly previousIds: ResourceId[] = [];
  readonly prefixes: string[] = [];
  readonly suffixes: string[] = [];
  readonly varNames: string[] = [];
  readonly transformations: Origin[] = [];
  needsHash = false;
  behavior: Behavior = 'create';
  origin: Origin | undefined;

  constructor(
    public value: JsonObject,
    /** The document, generator or patch that it comes from. */
    readonly source: Source,
  ) {}

  get metadata(): JsonObject {
    const { metadata } = this.value;
    return isObject(metadata) ? metadata : {};
  }

  get gvk(): Gvk {
    return gvkOf(this.value['apiVersion'], this.value['kind']);
  }

  get name(): string {
    return text(this.metadata['name']);
  }

  get namespace(): string {
    return text(this.metadata['namespace']);
  }

  get id(): ResourceId {
    return { ...this.gvk, name: this.name, namespace: this.namespace };
  }

  get originalId(): ResourceId {
    return this.previousIds[0] ?? this.id;
  }

  get empty(): boolean {
    return Object.keys(this.value).length === 0;
  }

  get clusterScoped(): boolean {
    return isClusterScoped(this.gvk);
  }

  /** Before something that may change what the resource is called. */
  storeId(): void {
    this.previousIds.push({ ...this.id, namespace: effectiveNamespace(this.id) });
  }

  ids(): ResourceId[] {
    return [...this.previousIds, this.id];
  }

  setMeta(key: string, value: string, source?: Source): void {
    if (!isObject(this.value['metadata'])) this.value['metadata'] = {};
    this.metadata[key] = value;
    setFieldSource(this.metadata, key, source);
  }

  stringMap(key: 'labels' | 'annotations'): Record<string, string> {
    const map = this.metadata[key];
    if (!isObject(map)) return {};
    return Object.fromEntries(Object.entries(map).map(([name, value]) => [name, text(value)]));
  }

  setStringMap(key: 'labels' | 'annotations', map: Record<string, string>, source?: Source): void {
    if (Object.keys(map).length === 0) {
      delete this.metadata[key];
      return;
    }
    if (!isObject(this.value['metadata'])) this.value['metadata'] = {};
    const old = this.metadata[key];
    const next: JsonObject = isObject(old) ? old : {};
    for (const name of Object.keys(next)) if (!Object.hasOwn(map, name)) delete next[name];
    for (const [name, value] of Object.entries(map)) {
      if (next[name] === value) continue;
      next[name] = value;
      setFieldSource(next, name, source);
    }
    if (next !== old) attribute(next, source);
    this.metadata[key] = next;
  }

  matchesSelectors(labels: string | undefined, annotations: string | undefined): boolean {
    return (
      (!labels || parseSelector(labels).matches(this.stringMap('labels'))) &&
      (!annotations || parseSelector(annotations).matches(this.stringMap('annotations')))
    );
  }

  copy(): Resource {
    const copy = new Resource(copyWithSources(this.value), this.source);
    copy.previousIds.push(...this.previousIds);
    return copy;
  }
}

export function text(value: unknown): string {
  if (typeof value === 'string') return value;
  return typeof value === 'number' || typeof value === 'bigint' || typeof value === 'boolean' ? String(value) : '';
}
