import { RE2JS } from 're2js';
import { isObject } from '../patch/json';
import { KustomizeError } from './errors';
import { effectiveNamespace, idText, sameId } from './ids';
import type { ResourceId } from './ids';
import type { TargetSelector } from './kustomization';
import type { Resource } from './resource';
import { attribute } from './sources';
import type { Source } from './sources';

/** The resources of a build, in order; no two have the same id. */
export class ResourceList {
  constructor(public items: Resource[] = []) {}

  append(resource: Resource): void {
    if (this.items.some((other) => sameId(other.id, resource.id))) {
      throw new KustomizeError(
        `may not add resource with an already registered id: ${idText(resource.id)}`,
        resource.source,
      );
    }
    this.items.push(resource);
  }

  /** Generators may add to what is there, as their behavior says. */
  absorb(resource: Resource): void {
    const matches = this.items.filter((other) => other.ids().some((id) => sameId(id, resource.id)));
    if (matches.length > 1)
      throw new KustomizeError(
        `found multiple objects that could accept merge of ${idText(resource.id)}`,
        resource.source,
      );
    const [old] = matches;
    if (!old && resource.behavior !== 'create')
      throw new KustomizeError(`id ${idText(resource.id)} does not exist; cannot merge or replace`, resource.source);
    if (!old) return this.append(resource);
    if (resource.behavior === 'create') {
      throw new KustomizeError(`id ${idText(resource.id)} exists; behavior must be merge or replace`, resource.source);
    }
    this.items[this.items.indexOf(old)] = adopted(resource, old);
  }

  /** By a present or former id. */
  find(id: ResourceId): Resource[] {
    return this.items.filter((resource) => !resource.empty && resource.ids().some((other) => sameId(other, id)));
  }

  select(selector: TargetSelector, source: Source): Resource[] {
    const fits = matcher(selector, source);
    return this.items.filter(fits);
  }

  dropEmpty(): void {
    this.items = this.items.filter((resource) => !resource.empty);
  }
}

/** Takes on name, namespace, metadata and history of the resource that it replaces and, if merging, its data. */
function adopted(resource: Resource, old: Resource): Resource {
  const keep = (mine: Record<string, string>, theirs: Record<string, string>) => ({ ...theirs, ...mine });
  resource.setStringMap('labels', keep(resource.stringMap('labels'), old.stringMap('labels')), old.source);
  resource.setStringMap(
    'annotations',
    keep(resource.stringMap('annotations'), old.stringMap('annotations')),
    old.source,
  );
  if (resource.behavior === 'merge') {
    for (const field of ['data', 'binaryData']) {
      const theirs = old.value[field];
      if (!isObject(theirs)) continue;
      const mine = resource.value[field];
      const data: Record<string, unknown> = isObject(mine) ? mine : (resource.value[field] = {});
      if (!isObject(mine)) attribute(data, old.source);
      for (const [key, value] of Object.entries(theirs)) if (!Object.hasOwn(data, key)) data[key] = value;
    }
    resource.origin = old.origin;
  }
  resource.needsHash &&= old.needsHash;
  resource.metadata['name'] = old.name;
  if (old.namespace) resource.metadata['namespace'] = old.namespace;
  resource.previousIds.push(...old.previousIds);
  resource.prefixes.push(...old.prefixes);
  resource.suffixes.push(...old.suffixes);
  resource.varNames.push(...old.varNames);
  return resource;
}

type IdPart = 'namespace' | 'name' | 'group' | 'version' | 'kind';

/** Whether one of the texts is what a selector's regular expression for that part means, wholly. */
function partMatcher(selector: TargetSelector, source: Source): (part: IdPart, ...texts: string[]) => boolean {
  const parts = (['namespace', 'name', 'group', 'version', 'kind'] as const).flatMap((part) => {
    const pattern = selector[part];
    return pattern ? [[part, compile(pattern, source)] as const] : [];
  });
  const compiled = new Map<IdPart, RE2JS>(parts);
  return (part, ...texts) => {
    const expression = compiled.get(part);
    return !expression || texts.some((text) => expression.matcher(text).matches());
  };
}

/** Whether an id is what a selector with regular expressions means. */
export function idMatcher(selector: TargetSelector, source: Source): (id: ResourceId) => boolean {
  const fits = partMatcher(selector, source);
  return (id) => (['namespace', 'name', 'group', 'version', 'kind'] as const).every((part) => fits(part, id[part]));
}

/** Whether a resource is what a selector with regular expressions means, by its present or its first id. */
export function matcher(selector: TargetSelector, source: Source): (resource: Resource) => boolean {
  const fits = partMatcher(selector, source);
  return (resource) => {
    const { id, originalId } = resource;
    return (
      fits('namespace', effectiveNamespace(originalId), effectiveNamespace(id)) &&
      fits('name', originalId.name, id.name) &&
      fits('group', id.group) &&
      fits('version', id.version) &&
      fits('kind', id.kind) &&
      resource.matchesSelectors(selector.labelSelector, selector.annotationSelector)
    );
  };
}

export function compile(pattern: string, source: Source): RE2JS {
  try {
    return RE2JS.compile(pattern);
  } catch (error) {
    throw new KustomizeError(`error parsing regexp '${pattern}': ${(error as Error).message}`, source);
  }
}
