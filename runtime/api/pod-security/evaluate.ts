import type { ObjectMeta, PodSpec } from '../kinds';
import { baseline } from './baseline';
import type { Check } from './baseline';
import type { LevelVersion } from './levels';
import { restricted } from './restricted';
import { subjectOf } from './violations';
import type { Violation } from './violations';

/** What `latest` stands for. */
const latestMinor = 36;

// Restricted's own checks of these subjects contain the baseline ones.
const {
  capabilities: _capabilities,
  hostPathVolumes: _volumes,
  seccompProfile: _seccomp,
  ...belowRestricted
} = baseline;

const checks: Readonly<Record<LevelVersion['level'], readonly Check[]>> = {
  privileged: [],
  baseline: Object.values(baseline),
  restricted: [...Object.values(belowRestricted), ...Object.values(restricted)],
};

/** The Pod Security Standards (pod-security-admission/policy). */
export function evaluatePod(
  { level, minor = latestMinor }: LevelVersion,
  metadata: ObjectMeta | undefined,
  spec: PodSpec,
): Violation[] {
  const subject = subjectOf(metadata, spec);
  return checks[level].map((check) => check(subject, minor)).filter((violation) => violation !== undefined);
}

export const describe = (violations: readonly Violation[]) =>
  violations.map(({ reason, detail }) => `${reason} (${detail})`).join(', ');

export const reasons = (violations: readonly Violation[]) => violations.map(({ reason }) => reason).join(', ');
