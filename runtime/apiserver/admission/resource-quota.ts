import type { Clock } from '../../clock';
import type { ResourceQuota } from '../../api/kinds';
import type { KubeObject } from '../../api/object';
import { Quantity } from '../../api/quantity';
import type { AdmissionAttributes, AdmissionPlugin, ApiLister } from '../request';
import { forbidden, kinds } from './kit';
import type { Amounts } from '../../api/limits/pod-resources';
import { addTo, amountsOf } from '../../api/limits/pod-resources';
import { evaluatorOf, scopesOf } from './quota-evaluators';
import type { Evaluator } from './quota-evaluators';
import { QuotaReservations } from './quota-reservations';

/**
 * Holds a namespace to its quotas (apiserver/pkg/admission/plugin/resourcequota). Usage is counted anew from what is
 * stored and about to be stored, so it is never behind; the quotas' status is a controller's to keep.
 */
export function resourceQuota(lister: ApiLister, clock: Clock): AdmissionPlugin {
  const reservations = new QuotaReservations(lister, clock);
  return {
    name: 'ResourceQuota',
    validate(attributes) {
      const { operation, namespace, resource, object, dryRun } = attributes;
      if ((operation !== 'CREATE' && operation !== 'UPDATE') || namespace === '' || !object) return;
      if (resource.group === '' && resource.resource === 'namespaces') return;
      const quotas = lister.list<ResourceQuota>(kinds.resourceQuotas, namespace);
      if (quotas.length === 0) return;
      const evaluator = evaluatorOf(resource);
      if (!evaluator.handles(attributes)) return;
      const charge = new Charge(attributes, evaluator, lister, reservations, clock.now());
      const charged = charge.pertinent(quotas);
      for (const quota of charged) charge.check(quota);
      if (charged.length > 0 && !dryRun) reservations.add(attributes);
    },
  };
}

class Charge {
  constructor(
    private readonly attributes: AdmissionAttributes,
    private readonly evaluator: Evaluator,
    private readonly lister: ApiLister,
    private readonly reservations: QuotaReservations,
    private readonly now: number,
  ) {}

  /** The quotas that count an object like this one. Throws where one wants fields of it that it doesn't set. */
  pertinent(quotas: readonly ResourceQuota[]): ResourceQuota[] {
    const { attributes, evaluator } = this;
    return quotas.filter((quota) => {
      const names = this.names(quota);
      if (names.length === 0 || !this.matches(quota, attributes.object!)) return false;
      const missing = evaluator.missing?.(names, attributes.object!);
      if (missing !== undefined) throw forbidden(attributes, `failed quota: ${quota.metadata.name!}: ${missing}`);
      return true;
    });
  }

  check(quota: ResourceQuota): void {
    const hard = amountsOf(quota.spec?.hard);
    const requested = this.requested([...hard.keys()]);
    if (requested.size === 0) return;
    const used = this.used(quota, [...requested.keys()]);
    const exceeded = [...requested]
      .filter(([name, amount]) => amount.add(used.get(name)!).compare(hard.get(name)!) > 0)
      .map(([name]) => name);
    if (exceeded.length === 0) return;
    throw forbidden(
      this.attributes,
      `exceeded quota: ${quota.metadata.name!}, requested: ${print(requested, exceeded)}, used: ${print(used, exceeded)}, ` +
        `limited: ${print(hard, exceeded)}`,
    );
  }

  private names(quota: ResourceQuota): string[] {
    return Object.keys(quota.spec?.hard ?? {}).filter((name) => this.evaluator.counts(name));
  }

  private matches(quota: ResourceQuota, object: KubeObject): boolean {
    return scopesOf(quota).every((scope) => this.evaluator.matchesScope(scope, object));
  }

  /** What the write adds: of an update, what it adds to what the object was charged before. */
  private requested(names: readonly string[]): Amounts {
    const { object, oldObject, operation } = this.attributes;
    const usage = this.evaluator.usage(object!, this.now);
    const negative = [...usage]
      .filter(([, amount]) => amount.sign() < 0)
      .map(([name]) => name)
      .sort();
    if (negative.length > 0)
      throw forbidden(this.attributes, `quota usage is negative for resource(s): ${negative.join(',')}`);
    const before: Amounts = operation === 'UPDATE' && oldObject ? this.evaluator.usage(oldObject, this.now) : new Map();
    const delta: Amounts = new Map();
    for (const name of names) {
      const amount = usage.get(name) ?? before.get(name)?.sub(before.get(name)!);
      const added = amount && before.has(name) ? amount.sub(before.get(name)!) : amount;
      if (added && !added.isZero()) delta.set(name, added);
    }
    return delta;
  }

  private used(quota: ResourceQuota, names: readonly string[]): Amounts {
    const { resource, namespace } = this.attributes;
    const total: Amounts = new Map(names.map((name) => [name, Quantity.zero]));
    for (const object of this.objects(resource, namespace)) {
      if (!this.matches(quota, object)) continue;
      const usage = this.evaluator.usage(object, this.now);
      addTo(total, new Map(names.filter((name) => usage.has(name)).map((name) => [name, usage.get(name)!])));
    }
    return total;
  }

  /** What is stored, with writes that are on their way in the place of what they replace. */
  private objects(resource: { group: string; resource: string }, namespace: string): KubeObject[] {
    const own = this.attributes.object!.metadata.uid;
    const coming = this.reservations.of(resource, namespace).filter(({ metadata }) => metadata.uid !== own);
    const replaced = new Set(coming.map(({ metadata }) => metadata.uid));
    return [...this.lister.list(resource, namespace).filter(({ metadata }) => !replaced.has(metadata.uid)), ...coming];
  }
}

/** The named amounts, sorted, as upstream prints them. */
function print(amounts: Amounts, names: readonly string[]): string {
  return [...names]
    .sort()
    .map((name) => `${name}=${amounts.get(name)?.toString() ?? '0'}`)
    .join(',');
}
