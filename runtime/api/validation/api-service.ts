import type { Path } from '../finding';
import { finding } from '../finding';
import type { APIService, APIServiceSpec } from '../kinds';
import { dns1035LabelProblems, dns1123SubdomainProblems, pathSegmentProblems, portNumberProblems } from '../names';
import type { Findings } from './common';
import { invalidEach, optionalOneOf, SPEC, STATUS } from './common';
import type { KindRules } from './rules';

/** An APIService is named after what it serves. */
function nameProblems(name: string, { spec }: APIService): readonly string[] {
  const problems = pathSegmentProblems(name);
  if (problems.length) return problems;
  const required = `${spec?.version ?? ''}.${spec?.group ?? ''}`;
  return name === required ? [] : [`must be \`spec.version+"."+spec.group\`: ${JSON.stringify(required)}`];
}

function inRange(out: Findings, path: Path, value: number, most: number): void {
  if (value <= 0 || value > most) out.push(finding.invalid(path, value, `must be positive and less than ${most}`));
}

function target(out: Findings, { service, caBundle, insecureSkipTLSVerify: insecure }: Partial<APIServiceSpec>): void {
  const skip = SPEC.child('insecureSkipTLSVerify');
  const bytes = caBundle ? Buffer.byteLength(caBundle, 'base64') : 0;
  if (!service) {
    const local = 'local APIServices may not have';
    if (bytes > 0) out.push(finding.invalid(SPEC.child('caBundle'), `${bytes} bytes`, `${local} a caBundle`));
    if (insecure) out.push(finding.invalid(skip, insecure, `${local} insecureSkipTLSVerify`));
    return;
  }
  const path = SPEC.child('service');
  if (!service.namespace) out.push(finding.required(path.child('namespace')));
  if (!service.name) out.push(finding.required(path.child('name')));
  const problems = portNumberProblems(service.port ?? 0);
  if (problems.length) {
    out.push(finding.invalid(path.child('port'), service.port ?? 0, `port is not valid: ${problems.join(', ')}`));
  }
  if (insecure && bytes > 0) out.push(finding.invalid(skip, insecure, 'may not be true if caBundle is present'));
}

function create({ spec }: APIService): Findings {
  const out: Findings = [];
  const { group = '', version = '', groupPriorityMinimum = 0, versionPriority = 0 }: Partial<APIServiceSpec> = spec ?? {};
  if (group) invalidEach(out, SPEC.child('group'), group, dns1123SubdomainProblems(group));
  else if (version !== 'v1') {
    out.push(finding.required(SPEC.child('group'), 'only v1 may have an empty group and it better be legacy kube'));
  }
  invalidEach(out, SPEC.child('version'), version, dns1035LabelProblems(version));
  inRange(out, SPEC.child('groupPriorityMinimum'), groupPriorityMinimum, 20_000);
  inRange(out, SPEC.child('versionPriority'), versionPriority, 1000);
  target(out, spec ?? {});
  return out;
}

export const apiService: KindRules<APIService> = {
  nameProblems,
  create,
  updateStatus({ status }) {
    const out: Findings = [];
    status?.conditions?.forEach(({ status: value }, i) => {
      optionalOneOf(out, STATUS.child('conditions').index(i).child('status'), value, ['True', 'False', 'Unknown']);
    });
    return out;
  },
};
