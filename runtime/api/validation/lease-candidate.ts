import type { Path } from '../finding';
import { finding } from '../finding';
import type { V1beta1LeaseCandidate, V1beta1LeaseCandidateSpec } from '../kinds';
import { configMapKeyProblems, qualifiedNameProblems } from '../names';
import type { Findings } from './common';
import { immutable, invalidEach, SPEC } from './common';
import type { KindRules } from './rules';

const OLDEST = 'OldestEmulationVersion';

/** Kubernetes' own strategy, or a qualified name. Upstream repeats `strategy` in the path. */
export function leaseStrategy(out: Findings, path: Path, strategy: string): void {
  const at = path.child('strategy');
  if (strategy.includes('/')) invalidEach(out, at, strategy, qualifiedNameProblems(strategy));
  else if (strategy !== OLDEST) out.push(finding.notSupported(at, strategy, [OLDEST]));
}

const VERSION = /^(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)(-[0-9A-Za-z.-]+)?(\+[0-9A-Za-z.-]+)?$/;

function versionNumber(out: Findings, field: string, text: string | undefined): number[] | undefined {
  if (!text) return undefined;
  const match = VERSION.exec(text);
  if (match) return match.slice(1, 4).map(Number);
  out.push(finding.invalid(SPEC.child(field), text, 'must be a valid semantic version'));
  return undefined;
}

function less([a0 = 0, a1 = 0, a2 = 0]: number[], [b0 = 0, b1 = 0, b2 = 0]: number[]): boolean {
  return a0 - b0 < 0 || (a0 === b0 && (a1 - b1 < 0 || (a1 === b1 && a2 < b2)));
}

function candidateVersions(out: Findings, { emulationVersion, binaryVersion, strategy }: V1beta1LeaseCandidateSpec): void {
  const emulated = versionNumber(out, 'emulationVersion', emulationVersion);
  const binary = versionNumber(out, 'binaryVersion', binaryVersion);
  if (emulated && binary && less(binary, emulated)) {
    const detail = 'must be greater than or equal to `emulationVersion`';
    out.push(finding.invalid(SPEC.child('binaryVersion'), binaryVersion, detail));
  }
  if (strategy !== OLDEST) return;
  const why = "must be specified when `strategy` is 'OldestEmulationVersion'";
  if (!binary) out.push(finding.required(SPEC.child('binaryVersion'), why));
  if (!emulated) out.push(finding.required(SPEC.child('emulationVersion'), why));
}

function create({ spec }: V1beta1LeaseCandidate): Findings {
  const out: Findings = [];
  if (!spec?.leaseName) out.push(finding.required(SPEC.child('leaseName')));
  if (!spec) return out;
  candidateVersions(out, spec);
  if (!spec.strategy) out.push(finding.required(SPEC.child('strategy')));
  else leaseStrategy(out, SPEC.child('strategy'), spec.strategy);
  return out;
}

export const leaseCandidate: KindRules<V1beta1LeaseCandidate> = {
  nameProblems: configMapKeyProblems,
  create,
  update(object, old) {
    const out = create(object);
    immutable(out, SPEC.child('leaseName'), object.spec?.leaseName, old.spec?.leaseName);
    return out;
  },
};
