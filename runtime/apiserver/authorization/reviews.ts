import type { Finding } from '../../api/finding';
import type {
  LocalSubjectAccessReview,
  NonResourceAttributes,
  ResourceAttributes,
  SelfSubjectAccessReview,
  SelfSubjectRulesReview,
  SubjectAccessReview,
  SubjectAccessReviewSpec,
  SubjectAccessReviewStatus,
} from '../../api/kinds';
import type { KubeObject } from '../../api/kinds';
import { errors } from '../../api/status';
import { localReviewFindings, selfReviewFindings, subjectReviewFindings } from '../../api/validation/access-reviews';
import type { VirtualHandler } from '../registry/dispatch';
import type { Authorizer, RequestInfo, UserInfo } from '../request';
import type { RuleAuthorizer } from './rule-authorizer';

const group = 'authorization.k8s.io';

/** Questions about what somebody may do, by `group/resource`. */
export function accessReviews(authorizer: RuleAuthorizer): Map<string, VirtualHandler> {
  return new Map([
    [`${group}/subjectaccessreviews`, subjectAccessReview(authorizer)],
    [`${group}/localsubjectaccessreviews`, localSubjectAccessReview(authorizer)],
    [`${group}/selfsubjectaccessreviews`, selfSubjectAccessReview(authorizer)],
    [`${group}/selfsubjectrulesreviews`, selfSubjectRulesReview(authorizer)],
  ]);
}

export function subjectAccessReview(authorizer: Authorizer): VirtualHandler {
  return ({ object }) => {
    const review = object as SubjectAccessReview;
    refuse(subjectReviewFindings(review));
    return { ...review, status: decided(authorizer, userOf(review.spec), review.spec) } as KubeObject;
  };
}

export function localSubjectAccessReview(authorizer: Authorizer): VirtualHandler {
  return ({ object, namespace }) => {
    const review = object as LocalSubjectAccessReview;
    const { spec, metadata } = review;
    refuse(localReviewFindings(review));
    const own = metadata.namespace;
    if (!namespace) throw errors.badRequest(`namespace is required on this type: ${namespace}`);
    if (namespace !== own)
      throw errors.badRequest(`spec.resourceAttributes.namespace must match namespace: ${namespace}`);
    return { ...review, status: decided(authorizer, userOf(spec), spec) } as KubeObject;
  };
}

export function selfSubjectAccessReview(authorizer: Authorizer): VirtualHandler {
  return ({ object, user }) => {
    const review = object as SelfSubjectAccessReview;
    refuse(selfReviewFindings(review));
    return { ...review, status: decided(authorizer, user, review.spec) } as KubeObject;
  };
}

export function selfSubjectRulesReview(authorizer: RuleAuthorizer): VirtualHandler {
  return ({ object, user }) => {
    const { apiVersion, kind, spec } = object as SelfSubjectRulesReview;
    if (!spec?.namespace) throw errors.badRequest('no namespace on request');
    return {
      apiVersion,
      kind,
      metadata: {},
      spec: {},
      status: authorizer.rulesFor(user, spec.namespace),
    } as KubeObject;
  };
}

interface Question {
  resourceAttributes?: ResourceAttributes;
  nonResourceAttributes?: NonResourceAttributes;
}

function decided(authorizer: Authorizer, user: UserInfo, question: Question): SubjectAccessReviewStatus {
  const { allowed, denied, reason } = authorizer.authorize(user, requestOf(question));
  return { allowed, ...(denied && { denied }), ...(reason && { reason }) };
}

function requestOf({ resourceAttributes, nonResourceAttributes }: Question): RequestInfo {
  if (!resourceAttributes) {
    const { path = '', verb = '' } = nonResourceAttributes ?? {};
    return {
      isResourceRequest: false,
      path,
      verb,
      group: '',
      version: '',
      namespace: '',
      resource: '',
      subresource: '',
      name: '',
    };
  }
  const {
    verb = '',
    group: asked = '',
    version = '',
    namespace = '',
    resource = '',
    subresource = '',
    name = '',
  } = resourceAttributes;
  return { isResourceRequest: true, path: '', verb, group: asked, version, namespace, resource, subresource, name };
}

function userOf({ user = '', uid, groups = [], extra }: SubjectAccessReviewSpec): UserInfo {
  return { name: user, groups, ...(uid && { uid }), ...(extra && { extra }) };
}

/** Upstream words these about a kind without a name of its own, as its decoder has cleared it. */
function refuse(findings: readonly Finding[]): void {
  if (findings.length > 0) throw errors.invalid({ group, kind: '' }, findings);
}
