import { randomUUID } from 'node:crypto';
import * as z from 'zod';
import type { AdmissionregistrationV1WebhookClientConfig, CustomResourceDefinition } from '../../../api/kinds';
import type { UntypedObject } from '../../../api/object';
import { errors } from '../../../api/status';

/** Asks webhooks; throws an Error that says why one has not answered. */
export interface ConversionWebhooks {
  post(config: AdmissionregistrationV1WebhookClientConfig, body: object, timeoutSeconds: number): Promise<unknown>;
}

/** Objects in another version, in the same order. */
export type Convert = (objects: readonly UntypedObject[], apiVersion: string) => Promise<UntypedObject[]>;

const timeoutSeconds = 30;

const review = z.object({
  response: z.object({
    uid: z.string(),
    result: z.object({ status: z.string().optional(), message: z.string().optional() }),
    convertedObjects: z.array(z.looseObject({ apiVersion: z.string(), kind: z.string(), metadata: z.looseObject({}) }))
      .default([]),
  }),
});

/** The conversion of a definition's objects by its webhook; undefined when versions differ in their name alone. */
export function webhookConversion(
  { spec }: CustomResourceDefinition, webhooks: ConversionWebhooks | undefined,
): Convert | undefined {
  const { strategy, webhook } = spec.conversion ?? { strategy: 'None' };
  const config = webhook?.clientConfig;
  if (strategy !== 'Webhook' || !config || !webhooks) return undefined;
  return async (objects, desiredAPIVersion) => {
    const uid = randomUUID();
    const request = { uid, desiredAPIVersion, objects };
    const body = { kind: 'ConversionReview', apiVersion: 'apiextensions.k8s.io/v1', request };
    const from = `${objects[0]?.apiVersion}, Kind=${spec.names.kind}`;
    const failed = (why: string) => errors.internal(`conversion webhook for ${from} failed: ${why}`);
    let answer: unknown;
    try {
      answer = await webhooks.post(config, body, timeoutSeconds);
    } catch (error) {
      throw failed((error as Error).message.replace(/^failed to call webhook: /, ''));
    }
    const parsed = review.safeParse(answer);
    if (!parsed.success) throw failed(`invalid response: ${z.prettifyError(parsed.error)}`);
    const { result, convertedObjects, uid: answered } = parsed.data.response;
    if (answered !== uid) throw failed(`expected response.uid=${JSON.stringify(uid)}, got ${JSON.stringify(answered)}`);
    if (result.status !== 'Success') throw failed(result.message ?? 'no message');
    if (convertedObjects.length !== objects.length) {
      throw failed(`webhook returned ${convertedObjects.length} objects, expected ${objects.length}`);
    }
    return objects.map((original, i) => {
      const object = convertedObjects[i] as unknown as UntypedObject;
      if (object.apiVersion !== desiredAPIVersion) {
        throw failed(`invalid groupVersion (expected ${desiredAPIVersion}, received ${object.apiVersion})`);
      }
      return withMetadataOf(original, object);
    });
  };
}

/** A webhook changes no metadata but labels and annotations. */
function withMetadataOf({ metadata }: UntypedObject, converted: UntypedObject): UntypedObject {
  const { labels: _labels, annotations: _annotations, ...kept } = metadata;
  const { labels, annotations } = converted.metadata;
  return { ...converted, metadata: { ...kept, ...(labels && { labels }), ...(annotations && { annotations }) } };
}
