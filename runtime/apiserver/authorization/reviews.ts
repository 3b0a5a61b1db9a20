import { finding, Path } from '../../api/finding';
import type { Finding } from '../../api/finding';
import type {
  FieldSelectorAttributes,
  LabelSelectorAttributes,
  LocalSubjectAccessReview,
  NonResourceAttributes,
  ResourceAttributes,
  SelfSubjectAccessReview,
  SelfSubjectRulesReview,
  SubjectAccessReview,
  SubjectAccessReviewSpec,
  SubjectAccessReviewStatus,
} from '../../api/kinds';
import type { KubeObject, ObjectMeta } from '../../api/kinds';
import { errors } from '../../api/status';
import type { VirtualHandler } from '../registry/dispatch';
import type { Authorizer, RequestInfo, UserInfo } from '../request';
import type { RuleAuthorizer } from './index';

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
    const findings = [...specFindings(review.spec), ...subjectFindings(review.spec)];
    if (!isEmptyMeta(review.metadata))
      findings.push(finding.invalid(Path.of('metadata'), review.metadata, 'must be empty'));
    refuse(findings);
    return { ...review, status: decided(authorizer, userOf(review.spec), review.spec) } as KubeObject;
  };
}

export function localSubjectAccessReview(authorizer: Authorizer): VirtualHandler {
  return ({ object, namespace }) => {
    const review = object as LocalSubjectAccessReview;
    const { spec, metadata } = review;
    const findings = [...specFindings(spec), ...subjectFindings(spec)];
    const { namespace: own, ...rest } = metadata;
    if (!isEmptyMeta(rest))
      findings.push(finding.invalid(Path.of('metadata'), metadata, 'must be empty except for namespace'));
    const { resourceAttributes, nonResourceAttributes } = spec;
    if (resourceAttributes && (resourceAttributes.namespace ?? '') !== (own ?? '')) {
      findings.push(
        finding.invalid(
          Path.of('spec', 'resourceAttributes', 'namespace'),
          resourceAttributes.namespace ?? '',
          'must match metadata.namespace',
        ),
      );
    }
    if (nonResourceAttributes) {
      findings.push(
        finding.invalid(
          Path.of('spec', 'nonResourceAttributes'),
          nonResourceAttributes,
          'disallowed on this kind of request',
        ),
      );
    }
    refuse(findings);
    if (!namespace) throw errors.badRequest(`namespace is required on this type: ${namespace}`);
    if (namespace !== own)
      throw errors.badRequest(`spec.resourceAttributes.namespace must match namespace: ${namespace}`);
    return { ...review, status: decided(authorizer, userOf(spec), spec) } as KubeObject;
  };
}

export function selfSubjectAccessReview(authorizer: Authorizer): VirtualHandler {
  return ({ object, user }) => {
    const review = object as SelfSubjectAccessReview;
    const findings = specFindings(review.spec);
    if (!isEmptyMeta(review.metadata))
      findings.push(finding.invalid(Path.of('metadata'), review.metadata, 'must be empty'));
    refuse(findings);
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

/** Go clients write `creationTimestamp: null`, which is no time either. */
function isEmptyMeta(metadata: ObjectMeta): boolean {
  return Object.entries(metadata).every(
    ([field, value]) => value === undefined || value === null || field === 'managedFields',
  );
}

function specFindings({ resourceAttributes, nonResourceAttributes }: Question = {}): Finding[] {
  const spec = Path.of('spec');
  if (resourceAttributes && nonResourceAttributes) {
    return [
      finding.invalid(
        spec.child('nonResourceAttributes'),
        nonResourceAttributes,
        'cannot be specified in combination with resourceAttributes',
      ),
      ...attributeFindings(resourceAttributes),
    ];
  }
  if (!resourceAttributes && !nonResourceAttributes) {
    return [
      finding.invalid(
        spec.child('resourceAttributes'),
        'null',
        'exactly one of nonResourceAttributes or resourceAttributes must be specified',
      ),
    ];
  }
  return resourceAttributes ? attributeFindings(resourceAttributes) : [];
}

function subjectFindings({ user, groups = [] }: SubjectAccessReviewSpec): Finding[] {
  return user || groups.length > 0
    ? []
    : [finding.invalid(Path.of('spec', 'user'), '', 'at least one of user or group must be specified')];
}

function attributeFindings({ fieldSelector, labelSelector }: ResourceAttributes): Finding[] {
  const at = Path.of('spec', 'resourceAttributes');
  return [
    ...selectorFindings(fieldSelector, at.child('fieldSelector')),
    ...selectorFindings(labelSelector, at.child('labelSelector')),
  ];
}

function selectorFindings(
  selector: FieldSelectorAttributes | LabelSelectorAttributes | undefined,
  at: Path,
): Finding[] {
  if (!selector) return [];
  const { rawSelector = '', requirements = [] } = selector;
  if (rawSelector && requirements.length > 0) {
    return [
      finding.invalid(at.child('rawSelector'), rawSelector, 'may not specified at the same time as requirements'),
    ];
  }
  if (rawSelector || requirements.length > 0) return [];
  return [
    finding.required(
      at.child('requirements'),
      `when ${at.toString()} is specified, requirements or rawSelector is required`,
    ),
  ];
}
