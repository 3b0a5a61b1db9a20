import type { Client } from '../../../runtime/client/resource-client';
import type { Blocker, WhatIfObject } from '../../../runtime/client/editor-protocol';
import type { KubeObject, UntypedObject } from '../../../runtime/api/kinds';
import { isStatusError } from '../../../runtime/api/status';
import { View } from '../../../runtime/api/table/view';
import { rootType } from '../drift';
import type { DryRunner } from '../dry-run/dry-runner';
import type { Refusal } from '../dry-run/refusal';
import { type Verdict, verdictOn } from '../dry-run/verdict';
import { podOf, pathText, type WrittenObject } from '../written-object';
import { fieldChanges } from './field-changes';
import { podsChange } from './pods';
import { disruptionBlockers, quotaBlockers } from './quota';

export type Prospect = Omit<WhatIfObject, 'range'>;

export interface Cluster {
  readonly client: Client;
  readonly runner: DryRunner;
}

/**
 * What applying an object would change, by dry-run: its fields, its pods, and what would refuse it or hold it up.
 * `beside` would be applied with it. Throws ConnectionError.
 */
export async function prospectOf(
  object: WrittenObject,
  beside: readonly WrittenObject[],
  cluster: Cluster,
): Promise<Prospect> {
  const before = await current(object, cluster.client);
  const verdict = await verdictOn(object, beside, cluster.runner);
  const blockers = [...verdict.refusals, ...verdict.podRefusals].map(blocker);
  const base = { ...identityOf(object), blockers, warnings: verdict.warnings };
  if (!verdict.outcome.accepted) return { ...base, change: refusedChange(verdict), fields: [] };
  const after = verdict.outcome.object;
  const fields = fieldChanges(before ?? {}, after, rootType(object.type));
  const pods = podsChange({ object, before, after, fields });
  const held = pods ? await holders(object, after, pods.created, pods.replaced, cluster.client) : [];
  return {
    ...base,
    change: before ? (fields.length > 0 ? 'changed' : 'unchanged') : 'created',
    fields: before ? fields : [],
    ...(pods && { pods }),
    blockers: distinct([...blockers, ...held]),
  };
}

/** What can be told without a cluster. */
export function unknownProspect(object: WrittenObject): Prospect {
  return { ...identityOf(object), change: 'unknown', fields: [], blockers: [], warnings: [] };
}

function identityOf({
  value,
  kind,
  name,
  namespace,
}: WrittenObject): Pick<Prospect, 'apiVersion' | 'kind' | 'name' | 'namespace'> {
  return { apiVersion: value.apiVersion ?? '', kind, name, namespace };
}

/** What waits for something that is written beside it is new with it. */
const refusedChange = ({ isTooEarly }: Verdict): Prospect['change'] => (isTooEarly ? 'created' : 'refused');

function blocker({ by, message, path }: Refusal): Blocker {
  return { by, message, path: pathText(path.map((step) => (/^\d+$/.test(step) ? Number(step) : step))) };
}

async function current({ value, namespace, name }: WrittenObject, client: Client): Promise<KubeObject | undefined> {
  try {
    const resource = await client.resourceFor(value);
    return await client.resource<UntypedObject>(resource).get(name, namespace || undefined);
  } catch (error) {
    if (isStatusError(error, 'NotFound')) return undefined;
    throw error;
  }
}

async function holders(
  object: WrittenObject,
  after: UntypedObject,
  created: number,
  replaced: number,
  client: Client,
): Promise<Blocker[]> {
  const found = podOf({ ...object, value: after });
  if (!found || created + replaced === 0) return [];
  const list = async (group: string, resource: string): Promise<object[]> => {
    try {
      const { namespace } = object;
      return (await client.resource({ group, version: 'v1', resource, namespaced: true }).list({ namespace })).items;
    } catch (error) {
      // Who may not see quotas and budgets is told of the rest.
      if (isStatusError(error)) return [];
      throw error;
    }
  };
  const quotas = created > 0 ? await list('', 'resourcequotas') : [];
  const budgets = replaced > 0 ? await list('policy', 'poddisruptionbudgets') : [];
  const labels = found.pod.map('metadata', 'labels');
  return [...quotaBlockers(View.of(found.pod.json), created, quotas), ...disruptionBlockers(labels, budgets)];
}

function distinct(blockers: readonly Blocker[]): Blocker[] {
  return [...new Map(blockers.map((one) => [`${one.by} ${one.message}`, one])).values()];
}
