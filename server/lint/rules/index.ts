import type { LintRule } from '../rule';
import { accessRules } from './access';
import { disruptionRules } from './disruption';
import { hostRules } from './host';
import { imageRules } from './images';
import { jobRules } from './jobs';
import { metadataRules } from './metadata';
import { networkRules } from './network';
import { podSecurityRules } from './pod-security';
import { privilegeRules } from './privileges';
import { probeRules } from './probes';
import { replicaRules } from './replicas';
import { resourceRules } from './resources';
import { schedulingRules } from './scheduling';
import { secretRules } from './secrets';

/** Every rule, by category in the order of `categories`. */
export const rules: readonly LintRule[] = [
  ...imageRules,
  ...resourceRules,
  ...probeRules,
  ...replicaRules,
  ...disruptionRules,
  ...schedulingRules,
  ...jobRules,
  ...privilegeRules,
  ...hostRules,
  ...secretRules,
  ...podSecurityRules,
  ...accessRules,
  ...networkRules,
  ...metadataRules,
];

export const rulesById: ReadonlyMap<string, LintRule> = new Map(rules.map((rule) => [rule.id, rule]));
