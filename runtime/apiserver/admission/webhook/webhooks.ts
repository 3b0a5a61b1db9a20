import type {
  MutatingWebhook,
  MutatingWebhookConfiguration,
  ValidatingWebhook,
  ValidatingWebhookConfiguration,
} from '../../../api/kinds';
import { catalogue } from '../../../api/catalogue';
import { applyDefaults } from '../../../api/defaults';
import type { UntypedObject } from '../../../api/object';
import { applyJsonPatch, PatchError } from '../../../api/patch';
import { errors } from '../../../api/status';
import { decodeObject } from '../../../api/structure';
import { deepEqual } from '../../../api/equality';
import type { AdmissionAttributes, AdmissionPlugin, ApiLister, Authorizer } from '../../request';
import { kinds } from '../kit';
import { isExempt, matchesNamespace, matchesObject, matchesRule } from '../matching';
import { Evaluation, ExpressionError } from '../policy/expressions';
import { WebhookCallError } from './call';
import type { WebhookClient } from './call';
import { denialOf, readAnswer, reviewOf } from './review';
import type { Review } from './review';

type Webhook = ValidatingWebhook | MutatingWebhook;

interface Setup {
  readonly lister: ApiLister;
  readonly client: WebhookClient;
  readonly authorizer?: Authorizer | undefined;
}

/** Of all configurations, by their names, those that are about the request. */
function relevant<T extends Webhook>(webhooks: readonly T[], attributes: AdmissionAttributes, setup: Setup): T[] {
  return webhooks.filter(
    (webhook) =>
      (webhook.rules ?? []).some((rule) => matchesRule(rule, attributes)) &&
      matchesNamespace(webhook.namespaceSelector, attributes, setup.lister) &&
      matchesObject(webhook.objectSelector, attributes) &&
      conditionsHold(webhook, attributes, setup),
  );
}

function conditionsHold(webhook: Webhook, attributes: AdmissionAttributes, { lister, authorizer }: Setup): boolean {
  if ((webhook.matchConditions ?? []).length === 0) return true;
  try {
    return new Evaluation(attributes, lister, authorizer).matches(webhook.matchConditions);
  } catch (error) {
    if (!(error instanceof ExpressionError)) throw error;
    if (webhook.failurePolicy === 'Ignore') return false;
    throw errors.forbidden(subjectOf(attributes), error.message);
  }
}

const subjectOf = ({ resource, name }: AdmissionAttributes) => ({
  group: resource.group,
  kind: resource.resource,
  name,
});

const dryRunnable = (webhook: Webhook) => webhook.sideEffects === 'None' || webhook.sideEffects === 'NoneOnDryRun';

/** Asks a webhook. Undefined where it couldn't be asked and that doesn't matter to its owner. */
async function ask(
  webhook: Webhook,
  attributes: AdmissionAttributes,
  { client }: Setup,
  mutating: boolean,
): Promise<Review | undefined> {
  if (attributes.dryRun && !dryRunnable(webhook)) {
    throw errors.badRequest(`admission webhook ${JSON.stringify(webhook.name)} does not support dry run`);
  }
  try {
    const review = reviewOf(attributes, webhook.admissionReviewVersions);
    const answer = readAnswer(
      await client.post(webhook.clientConfig, review, webhook.timeoutSeconds ?? 10),
      review,
      mutating,
    );
    for (const text of answer.warnings) attributes.warn(text);
    return answer;
  } catch (error) {
    if (!(error instanceof WebhookCallError)) throw error;
    if (webhook.failurePolicy === 'Ignore') return undefined;
    throw errors.internal(`failed calling webhook ${JSON.stringify(webhook.name)}: ${error.message}`);
  }
}

/** Asks all at once; the first denial in the webhooks' order is the answer. */
export function validatingWebhooks(setup: Setup): AdmissionPlugin {
  return {
    name: 'ValidatingAdmissionWebhook',
    validate(attributes) {
      const configurations = setup.lister.list<ValidatingWebhookConfiguration>(kinds.validatingWebhooks);
      if (configurations.length === 0 || isExempt(attributes)) return undefined;
      const webhooks = relevant(
        configurations.flatMap((configuration) => configuration.webhooks ?? []),
        attributes,
        setup,
      );
      return webhooks.length === 0 ? undefined : askAll(webhooks, attributes, setup);
    },
  };
}

async function askAll(
  webhooks: readonly ValidatingWebhook[],
  attributes: AdmissionAttributes,
  setup: Setup,
): Promise<void> {
  const answers = await Promise.allSettled(webhooks.map((webhook) => ask(webhook, attributes, setup, false)));
  for (const [index, answer] of answers.entries()) {
    if (answer.status === 'rejected') throw answer.reason;
    if (answer.value && !answer.value.allowed) throw denialOf(webhooks[index]!.name, answer.value.status);
  }
}

/** Asks one after the other, each with what those before it made of the object. */
export function mutatingWebhooks(setup: Setup): AdmissionPlugin {
  return {
    name: 'MutatingAdmissionWebhook',
    mutate(attributes) {
      const configurations = setup.lister.list<MutatingWebhookConfiguration>(kinds.mutatingWebhooks);
      if (configurations.length === 0 || isExempt(attributes)) return undefined;
      const webhooks = configurations.flatMap((configuration) => configuration.webhooks ?? []);
      const concerned = webhooks.some((webhook) => (webhook.rules ?? []).some((rule) => matchesRule(rule, attributes)));
      return !concerned ? undefined : mutateInTurn(webhooks, attributes, setup);
    },
  };
}

async function mutateInTurn(
  webhooks: readonly MutatingWebhook[],
  attributes: AdmissionAttributes,
  setup: Setup,
): Promise<void> {
  const again: MutatingWebhook[] = [];
  for (const webhook of webhooks) {
    const asked = relevant([webhook], attributes, setup).length > 0;
    const changed = asked && (await mutateBy(webhook, attributes, setup));
    // What a later one changed, an earlier one may want to see: once more, and no more.
    if (changed) again.push(...earlierThan(webhook, webhooks).filter((other) => !again.includes(other)));
  }
  for (const webhook of again) {
    if (relevant([webhook], attributes, setup).length > 0) await mutateBy(webhook, attributes, setup);
  }
}

const earlierThan = (webhook: MutatingWebhook, webhooks: readonly MutatingWebhook[]) =>
  webhooks.slice(0, webhooks.indexOf(webhook)).filter(({ reinvocationPolicy }) => reinvocationPolicy === 'IfNeeded');

/** True if the object is another than before. */
async function mutateBy(webhook: MutatingWebhook, attributes: AdmissionAttributes, setup: Setup): Promise<boolean> {
  const answer = await ask(webhook, attributes, setup, true);
  if (!answer) return false;
  if (!answer.allowed) throw denialOf(webhook.name, answer.status);
  const { object } = attributes;
  if (answer.patch === undefined || answer.patch === '' || !object) return false;
  const before = structuredClone(object);
  replaceContent(object as UntypedObject, patched(webhook, attributes, answer.patch));
  return !deepEqual(before, object);
}

/** The patched object, as if it had come like that: typed, and with defaults for what is new. */
function patched(
  webhook: MutatingWebhook,
  { object, resource, subresource }: AdmissionAttributes,
  patch: string,
): UntypedObject {
  let result: unknown;
  try {
    result = applyJsonPatch(structuredClone(object!), JSON.parse(patch) as never);
  } catch (error) {
    if (error instanceof PatchError || error instanceof SyntaxError) {
      throw errors.internal(`failed calling webhook ${JSON.stringify(webhook.name)}: ${error.message}`);
    }
    throw error;
  }
  const kind = resource.subresources.find(({ name }) => name === subresource)?.kind ?? resource;
  const info = catalogue.byKind(kind);
  if (!info) return result as UntypedObject;
  const { object: decoded, errors: findings } = decodeObject(result, info.schema, catalogue);
  if (findings.length > 0)
    throw errors.internal(
      `failed calling webhook ${JSON.stringify(webhook.name)}: ${findings[0]!.path}: ${findings[0]!.message}`,
    );
  applyDefaults(decoded, info);
  return decoded;
}

/** Whoever holds the object sees its new content. */
function replaceContent(object: UntypedObject, content: UntypedObject): void {
  const { metadata } = object;
  for (const field of Object.keys(object)) if (field !== 'metadata') delete object[field];
  for (const field of Object.keys(metadata)) delete metadata[field as keyof typeof metadata];
  Object.assign(metadata, content.metadata);
  Object.assign(object, content, { metadata });
}
