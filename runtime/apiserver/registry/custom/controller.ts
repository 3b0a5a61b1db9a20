import type { CustomResourceDefinition } from '../../../api/kinds';
import type { UserInfo } from '../../request';
import type { CacheEvent, CacheWatcher } from '../../storage/resource-cache';
import { timestamp } from '../core';
import type { Core } from '../core';
import { deleteObject } from '../delete';
import { deepEqual } from '../../../api/equality';
import { cleanupFinalizer } from './strategy';
import type { Cacher } from '../../storage/cacher';
import { definitionsPrefix } from '../registry';

type Condition = NonNullable<NonNullable<CustomResourceDefinition['status']>['conditions']>[number];
type Names = CustomResourceDefinition['spec']['names'];

const self: UserInfo = { name: 'system:apiserver', groups: ['system:masters', 'system:authenticated'] };

/**
 * Keeps what is served equal to what definitions say: accepts their names, establishes them, and when one is deleted
 * removes its objects first (the naming, establishing and finalizing controllers of apiextensions-apiserver).
 */
export class DefinitionController implements CacheWatcher {
  private running = new Map<string, Promise<void>>();
  private again = new Set<string>();
  private closed = false;

  constructor(private readonly core: Core, private readonly cacher: Cacher) {}

  start(): void {
    const cache = this.cacher.cache(definitionsPrefix);
    cache.watch(this, this.cacher.revision);
    for (const entry of cache.entries) {
      this.core.registry.define(entry.name, entry.object as unknown as CustomResourceDefinition);
      this.reconcile(entry.name);
    }
  }

  deliver(events: readonly CacheEvent[]): void {
    for (const { type, entry } of events) {
      const definition = type === 'put' ? (entry.object as unknown as CustomResourceDefinition) : undefined;
      this.core.registry.define(entry.name, definition);
      if (definition) this.reconcile(entry.name);
    }
  }

  lost(): void {
    if (!this.closed) this.start();
  }

  async close(): Promise<void> {
    this.closed = true;
    this.cacher.cache(definitionsPrefix).unwatch(this);
    await Promise.all(this.running.values());
  }

  private reconcile(name: string): void {
    if (this.running.has(name)) return void this.again.add(name);
    const run = this.settle(name)
      .catch((error: unknown) => this.core.logger.warn({ name, error: String(error) }, 'a custom resource definition could not be settled'))
      .finally(() => {
        this.running.delete(name);
        if (this.again.delete(name) && !this.closed) this.reconcile(name);
      });
    this.running.set(name, run);
  }

  private async settle(name: string): Promise<void> {
    const definitions = this.core.registry.find('apiextensions.k8s.io', 'v1', 'customresourcedefinitions')!;
    const entry = definitions.storage.get(name);
    if (!entry) return;
    const definition = entry.object as unknown as CustomResourceDefinition;
    if (definition.metadata?.deletionTimestamp) return this.finalize(definition, name);
    await definitions.storage.update(name, false, (current) => {
      if (!current) return { unchanged: true };
      const now = current.object as unknown as CustomResourceDefinition;
      const status = this.accepted(now);
      return deepEqual(status, now.status) ? { unchanged: true } : { write: { ...now, status } };
    });
  }

  private accepted(definition: CustomResourceDefinition): NonNullable<CustomResourceDefinition['status']> {
    const status = definition.status ?? { storedVersions: [] };
    const { names, conflict } = this.acceptNames(definition, status.acceptedNames ?? { kind: '', plural: '' });
    const now = timestamp(this.core.clock) as never;
    const conditions = [...(status.conditions ?? [])];
    const set = (condition: Omit<Condition, 'lastTransitionTime'>) => {
      const at = conditions.findIndex(({ type }) => type === condition.type);
      if (at < 0) conditions.push({ ...condition, lastTransitionTime: now });
      else if (conditions[at]!.status !== condition.status) conditions[at] = { ...condition, lastTransitionTime: now };
    };
    set(
      conflict
        ? { type: 'NamesAccepted', status: 'False', reason: conflict.reason, message: conflict.message }
        : { type: 'NamesAccepted', status: 'True', reason: 'NoConflicts', message: 'no conflicts found' },
    );
    const established = conditions.some(({ type, status: value }) => type === 'Established' && value === 'True');
    const message = 'the initial names have been accepted';
    if (!conflict) set({ type: 'Established', status: 'True', reason: 'InitialNamesAccepted', message });
    else if (!established) set({ type: 'Established', status: 'False', reason: 'NotAccepted', message: 'not all names are accepted' });
    return { ...status, conditions, acceptedNames: names };
  }

  /** Each name that no other definition of the group has is accepted; of several conflicts the last is told, as upstream does. */
  private acceptNames(
    definition: CustomResourceDefinition, before: Names,
  ): { names: Names; conflict?: { reason: string; message: string } } {
    const wanted = definition.spec.names;
    const { resources, kinds } = this.takenNames(definition);
    const names: Names = { ...before };
    let conflict: { reason: string; message: string } | undefined;
    const accept = <K extends keyof Names>(field: K, reason: string, texts: readonly string[], taken: ReadonlySet<string>) => {
      const used = texts.filter((text) => taken.has(text));
      if (used.length === 0) names[field] = wanted[field];
      else conflict = { reason, message: used.map((text) => `${JSON.stringify(text)} is already in use`).join(', ') };
    };
    accept('plural', 'PluralConflict', [wanted.plural], resources);
    accept('singular', 'SingularConflict', wanted.singular ? [wanted.singular] : [], resources);
    accept('shortNames', 'ShortNamesConflict', wanted.shortNames ?? [], resources);
    accept('kind', 'KindConflict', [wanted.kind], kinds);
    accept('listKind', 'ListKindConflict', wanted.listKind ? [wanted.listKind] : [], kinds);
    if (wanted.categories) names.categories = wanted.categories;
    return { names: JSON.parse(JSON.stringify(names)) as Names, ...(conflict && { conflict }) };
  }

  private takenNames({ spec, metadata }: CustomResourceDefinition): { resources: Set<string>; kinds: Set<string> } {
    const resources = new Set<string>();
    const kinds = new Set<string>();
    for (const entry of this.cacher.cache(definitionsPrefix).entries) {
      const other = entry.object as unknown as CustomResourceDefinition;
      const accepted = other.status?.acceptedNames;
      if (other.metadata?.name === metadata?.name || other.spec.group !== spec.group || !accepted) continue;
      for (const text of [accepted.plural, accepted.singular, ...(accepted.shortNames ?? [])]) if (text) resources.add(text);
      for (const text of [accepted.kind, accepted.listKind]) if (text) kinds.add(text);
    }
    return { resources, kinds };
  }

  private async finalize(definition: CustomResourceDefinition, name: string): Promise<void> {
    const finalizers = definition.metadata?.finalizers ?? [];
    if (!finalizers.includes(cleanupFinalizer)) return;
    const left = await this.removeObjects(definition);
    if (left > 0) return  this.retryLater(name);
    const definitions = this.core.registry.find('apiextensions.k8s.io', 'v1', 'customresourcedefinitions')!;
    await definitions.storage.update(name, false, (current) => {
      if (!current) return { unchanged: true };
      const { metadata } = current.object;
      const rest = (metadata.finalizers ?? []).filter((finalizer) => finalizer !== cleanupFinalizer);
      return rest.length === 0 ? { delete: true } : { write: { ...current.object, metadata: { ...metadata, finalizers: rest } } };
    });
  }

  private async removeObjects(definition: CustomResourceDefinition): Promise<number> {
    const { group, names } = definition.spec;
    const endpoint = this.core.registry.customResources().find(({ info }) => info.group === group && info.resource === names.plural);
    if (!endpoint) return 0;
    for (const entry of endpoint.storage.cache.range('')) {
      const { namespace = '', name } = entry.object.metadata;
      const path = `/apis/${group}/${endpoint.info.version}/${names.plural}/${name}`;
      const info = {
        isResourceRequest: true, path, verb: 'delete', group, version: endpoint.info.version, namespace,
        resource: names.plural, subresource: '', name,
      };
      const request = {
        method: 'DELETE', info, query: new Map<string, string[]>(), named: true, rest: '', user: self,
        userAgent: 'apiserver', contentType: '', body: undefined, warnings: [],
      };
      await deleteObject(this.core, endpoint, request, entry.key, name, { dryRun: false }).catch(() => undefined);
    }
    return endpoint.storage.cache.entries.length;
  }

  private retryLater(name: string): void {
    this.core.clock.after(1_000, () => {
      if (!this.closed) this.reconcile(name);
    });
  }
}

