import { View } from '../../../runtime/api/table/view';
import { kindKey, podPath, type WrittenObject } from '../written-object';
import type { DryRunner, DryRunOutcome } from './dry-runner';
import { podOfTemplate } from './pod-of-template';
import { type Refusal, refusalsOf } from './refusal';

/** The server's word on one object that would be applied. */
export interface Verdict {
  readonly outcome: DryRunOutcome;
  /** Why it would be refused. */
  readonly refusals: readonly Refusal[];
  /** Why the pods that it makes would be. */
  readonly podRefusals: readonly Refusal[];
  readonly warnings: readonly string[];
  /** What it needs is written beside it, so that nothing can be told before that is there. */
  readonly isTooEarly: boolean;
}

/**
 * Asks for a verdict, admission included. `beside`: what would be applied together with the object. Throws
 * ConnectionError.
 */
export async function verdictOn(
  object: WrittenObject,
  beside: readonly WrittenObject[],
  runner: DryRunner,
): Promise<Verdict> {
  const namespaced = object.namespace ? { metadata: { ...object.value.metadata, namespace: object.namespace } } : {};
  const outcome = await runner.apply({ ...object.value, ...namespaced });
  const refusals = outcome.accepted ? [] : refusalsOf(outcome.error, object);
  const isTooEarly = refusals.some(({ message }) => isBeside(message, object, beside));
  const pod = outcome.accepted ? podOfTemplate(object) : undefined;
  const tried = pod && (await runner.create(pod));
  return {
    outcome,
    refusals: isTooEarly ? [] : refusals,
    podRefusals:
      outcome.accepted && tried && !tried.accepted
        ? podRefusals(tried, object, beside).filter(({ by }) => by !== 'quota' || !hasPods(outcome.object))
        : [],
    warnings: outcome.warnings,
    isTooEarly,
  };
}

/** One more pod may be too many for a quota, where those that there are will be replaced. */
function hasPods(object: object): boolean {
  const status = View.of(object).at('status');
  return ['replicas', 'currentNumberScheduled', 'active'].some((field) => status.number(field) > 0);
}

/** Of a pod, in the fields of the template that it is made from. */
function podRefusals(
  { error }: Extract<DryRunOutcome, { accepted: false }>,
  object: WrittenObject,
  beside: readonly WrittenObject[],
): Refusal[] {
  const prefix = podPath(object) ?? [];
  const isOfPod = (error.status.details?.causes ?? []).some(({ field }) => field);
  return refusalsOf(error, object)
    .filter(({ message }) => !isBeside(message, object, beside))
    .map((refusal) => ({
      ...refusal,
      // The name that was generated means nothing.
      message: refusal.message.replace(/^pods "(.+-)[a-z0-9]{5}"/, 'pods "$1"'),
      path: isOfPod ? [...prefix, ...refusal.path] : refusal.path,
    }));
}

/** Whether what the server misses is written beside the object: its namespace, its service account, its kind. */
function isBeside(message: string, object: WrittenObject, beside: readonly WrittenObject[]): boolean {
  const missing = /(\w+) "?([^"\s]+)"? not found|no (\w+) with name (\S+) was found/.exec(message);
  if (!missing) return false;
  const name = missing[2] ?? missing[4];
  const kind = (missing[1] ?? missing[3] ?? '').toLowerCase();
  return beside.some((other) => {
    if (kindKey(other) === 'apiextensions.k8s.io/CustomResourceDefinition') {
      return View.of(other.value).text('spec', 'names', 'kind') === object.kind;
    }
    return other.name === name && [other.kind.toLowerCase(), `${other.kind.toLowerCase()}s`].includes(kind);
  });
}
