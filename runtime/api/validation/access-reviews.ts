import { finding, Path } from '../finding';
import type { Finding } from '../finding';
import type {
  FieldSelectorAttributes,
  LabelSelectorAttributes,
  LocalSubjectAccessReview,
  NonResourceAttributes,
  ObjectMeta,
  ResourceAttributes,
  SelfSubjectAccessReview,
  SubjectAccessReview,
  SubjectAccessReviewSpec,
} from '../kinds';

interface Question {
  resourceAttributes?: ResourceAttributes;
  nonResourceAttributes?: NonResourceAttributes;
}

/** Questions about what somebody may do are answered, not kept: they have no metadata. */
export function subjectReviewFindings({ spec, metadata }: SubjectAccessReview): Finding[] {
  return [...specFindings(spec), ...subjectFindings(spec), ...metadataFindings(metadata)];
}

export function selfReviewFindings({ spec, metadata }: SelfSubjectAccessReview): Finding[] {
  return [...specFindings(spec), ...metadataFindings(metadata)];
}

export function localReviewFindings({ spec, metadata }: LocalSubjectAccessReview): Finding[] {
  const { namespace = '', ...rest } = metadata;
  const found = [...specFindings(spec), ...subjectFindings(spec)];
  if (!isEmpty(rest)) found.push(finding.invalid(Path.of('metadata'), metadata, 'must be empty except for namespace'));
  const { resourceAttributes, nonResourceAttributes } = spec;
  const at = Path.of('spec');
  const asked = resourceAttributes?.namespace ?? '';
  if (resourceAttributes && asked !== namespace) {
    const path = at.child('resourceAttributes').child('namespace');
    found.push(finding.invalid(path, asked, 'must match metadata.namespace'));
  }
  if (nonResourceAttributes) {
    const path = at.child('nonResourceAttributes');
    found.push(finding.invalid(path, nonResourceAttributes, 'disallowed on this kind of request'));
  }
  return found;
}

function metadataFindings(metadata: ObjectMeta): Finding[] {
  return isEmpty(metadata) ? [] : [finding.invalid(Path.of('metadata'), metadata, 'must be empty')];
}

/** Go clients write `creationTimestamp: null`, which is no time either. */
function isEmpty(metadata: ObjectMeta): boolean {
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
