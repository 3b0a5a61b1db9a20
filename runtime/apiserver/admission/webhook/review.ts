import { randomUUID } from 'node:crypto';
import * as z from 'zod';
import type { Status } from '../../../api/kinds';
import { StatusError } from '../../../api/status';
import type { AdmissionAttributes } from '../../request';
import { admissionRequest, typedObject } from '../policy/admission-request';
import { WebhookCallError } from './call';

const answerSchema = z.object({
  apiVersion: z.string().optional(),
  kind: z.string().optional(),
  response: z
    .object({
      uid: z.string().optional(),
      allowed: z.boolean().optional(),
      status: z
        .looseObject({
          code: z.number().optional(),
          message: z.string().optional(),
          reason: z.string().optional(),
          status: z.string().optional(),
        })
        .nullish(),
      patch: z.string().nullish(),
      patchType: z.string().nullish(),
      warnings: z.array(z.string()).nullish(),
    })
    .nullish(),
});

export interface Question {
  readonly apiVersion: string;
  readonly kind: string;
  readonly request: { readonly uid: string; readonly [field: string]: unknown };
}

/** The answer. */
export interface Review {
  readonly allowed: boolean;
  readonly status: Partial<Status> | undefined;
  /** JSON patch, as text. */
  readonly patch: string | undefined;
  readonly warnings: readonly string[];
}

const supported = ['v1', 'v1beta1'];

/** The AdmissionReview of a request, in the first of the webhook's versions that is spoken here. */
export function reviewOf(attributes: AdmissionAttributes, versions: readonly string[]): Question {
  const version = versions.find((candidate) => supported.includes(candidate));
  if (!version) throw new WebhookCallError('webhook does not accept known AdmissionReview versions (v1, v1beta1)');
  return {
    apiVersion: `admission.k8s.io/${version}`,
    kind: 'AdmissionReview',
    request: {
      uid: randomUUID(),
      ...admissionRequest(attributes),
      object: typedObject(attributes.object, attributes),
      oldObject: typedObject(attributes.oldObject, attributes),
    },
  };
}

/** Checks an answer against the review that it answers (webhook/request/admissionreview.go). */
export function readAnswer(answer: unknown, review: Question, mutating: boolean): Review {
  const invalid = (why: string) => new WebhookCallError(`received invalid webhook response: ${why}`);
  const parsed = answerSchema.safeParse(answer);
  if (!parsed.success) throw invalid(parsed.error.issues[0]?.message ?? 'not an AdmissionReview');
  const { apiVersion, kind, response } = parsed.data;
  if (!response) throw invalid('webhook response was absent');
  if (review.apiVersion.endsWith('/v1')) {
    if (response.uid !== review.request.uid)
      throw invalid(
        `expected response.uid=${JSON.stringify(review.request.uid)}, got ${JSON.stringify(response.uid ?? '')}`,
      );
    const got = `${apiVersion ?? ''}, Kind=${kind ?? ''}`;
    const expected = `${review.apiVersion}, Kind=AdmissionReview`;
    if (got !== expected) throw invalid(`expected webhook response of ${expected}, got ${got}`);
    checkPatch(response, mutating, invalid);
  }
  return {
    allowed: response.allowed ?? false,
    status: response.status ?? undefined,
    warnings: response.warnings ?? [],
    patch: mutating && response.patch ? Buffer.from(response.patch, 'base64').toString() : undefined,
  };
}

function checkPatch(
  { patch, patchType }: { patch?: string | null | undefined; patchType?: string | null | undefined },
  mutating: boolean,
  invalid: (why: string) => Error,
): void {
  if (!mutating) {
    if (patch) throw invalid('validating webhook may not return response.patch');
    if (patchType) throw invalid('validating webhook may not return response.patchType');
    return;
  }
  if (patch && !patchType) throw invalid('webhook returned response.patch but not response.patchType');
  if (patchType && !patch) throw invalid('webhook returned response.patchType but not response.patch');
  if (patchType && patchType !== 'JSONPatch') throw invalid(`invalid response.patchType ${JSON.stringify(patchType)}`);
}

/** A denial as the client gets it (webhook/errors/statuserror.go). */
export function denialOf(webhook: string, status: Partial<Status> = {}): StatusError {
  const deniedBy = `admission webhook ${JSON.stringify(webhook)} denied the request`;
  const why = status.message || status.reason;
  return new StatusError({
    kind: 'Status',
    apiVersion: 'v1',
    metadata: {},
    ...status,
    status: !status.status || status.status === 'Success' ? 'Failure' : status.status,
    code: Math.max(status.code ?? 0, 400),
    message: why ? `${deniedBy}: ${why}` : `${deniedBy} without explanation`,
  });
}
