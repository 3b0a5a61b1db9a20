import type { Path } from '../finding';
import { finding, Path as FieldPath } from '../finding';
import type {
  AdmissionregistrationV1ServiceReference, AdmissionregistrationV1WebhookClientConfig, MutatingWebhook,
  MutatingWebhookConfiguration, ValidatingWebhook, ValidatingWebhookConfiguration,
} from '../kinds';
import { parseGoUrl } from '../go-url';
import { dns1035LabelProblems, dns1123SubdomainProblems, portNumberProblems } from '../names';
import {
  FAILURE_POLICIES, MATCH_POLICIES, matchConditions, oneOf, operationRule, REINVOCATION_POLICIES,
} from './admission-rules';
import type { Findings } from './common';
import { invalidEach, labelSelector, semanticallyEqual } from './common';
import type { KindRules } from './rules';

const REVIEW_VERSIONS = ['v1', 'v1beta1'];
const SIDE_EFFECTS = ['None', 'NoneOnDryRun'];
const URL_FORM = '; desired format: https://host[/path]';

function webhookUrl(out: Findings, path: Path, text: string): void {
  const parsed = parseGoUrl(text);
  if ('error' in parsed) {
    out.push(finding.required(path, `url must be a valid URL: ${parsed.error}${URL_FORM}`));
    return;
  }
  const { scheme, host, user, fragment, query } = parsed.url;
  const refuse = (value: string, detail: string) => out.push(finding.invalid(path, value, detail));
  if (scheme !== 'https') refuse(scheme, `'https' is the only allowed URL scheme${URL_FORM}`);
  if (!host) refuse(host, `host must be specified${URL_FORM}`);
  if (user !== undefined) refuse(user, 'user information is not permitted in the URL');
  if (fragment) refuse(fragment, 'fragments are not permitted in the URL');
  if (query) refuse(query, 'query parameters are not permitted in the URL');
}

function servicePath(out: Findings, path: Path, text: string): void {
  if (text === '/' || text === '') return;
  const refuse = (detail: string) => out.push(finding.invalid(path, text, detail));
  if (text === '//') {
    refuse('segment[0] may not be empty');
    return;
  }
  if (!text.startsWith('/')) refuse("must start with a '/'");
  const steps = text.slice(1).split('/');
  if (text.endsWith('/')) steps.pop();
  steps.forEach((step, i) => {
    if (!step) refuse(`segment[${i}] may not be empty`);
    else for (const problem of dns1123SubdomainProblems(step)) refuse(`segment[${i}]: ${problem}`);
  });
}

function service(out: Findings, at: Path, given: AdmissionregistrationV1ServiceReference): void {
  if (!given.name) out.push(finding.required(at.child('name'), 'service name is required'));
  if (!given.namespace) out.push(finding.required(at.child('namespace'), 'service namespace is required'));
  const port = given.port ?? 0;
  const problems = portNumberProblems(port);
  if (problems.length) {
    out.push(finding.invalid(at.child('port'), port, `port is not valid: ${problems.join(', ')}`));
  }
  if (given.path !== undefined) servicePath(out, at.child('path'), given.path);
}

/** Where a webhook is: one of URL and service. `path` is the client's; a conversion's has the same rules. */
export function webhookClient(out: Findings, path: Path, config: AdmissionregistrationV1WebhookClientConfig): void {
  if ((config.url === undefined) === (config.service === undefined)) {
    out.push(finding.required(path, 'exactly one of url or service is required'));
  } else if (config.url !== undefined) webhookUrl(out, path.child('url'), config.url);
  else if (config.service) service(out, path.child('service'), config.service);
}

/** The versions of a review that a webhook understands; `detail` is said where there are none. */
export function reviewVersions(out: Findings, path: Path, versions: readonly string[], detail: string): void {
  if (!versions.length) {
    out.push(finding.required(path, detail));
    return;
  }
  versions.forEach((version, i) => {
    if (versions.indexOf(version) < i) out.push(finding.invalid(path.index(i), version, 'duplicate version'));
    else invalidEach(out, path.index(i), version, dns1035LabelProblems(version));
  });
  if (!versions.some((version) => REVIEW_VERSIONS.includes(version))) {
    out.push(finding.invalid(path, versions, `must include at least one of ${REVIEW_VERSIONS.join(', ')}`));
  }
}

function qualifiedHookName(out: Findings, path: Path, name: string): void {
  if (!name) {
    out.push(finding.required(path));
    return;
  }
  const problems = dns1123SubdomainProblems(name);
  if (problems.length) out.push(finding.invalid(path, name, problems.join(',')));
  else if (name.split('.').length < 3) {
    out.push(finding.invalid(path, name, 'should be a domain with at least three segments separated by dots'));
  }
}

type Hook = ValidatingWebhook & Partial<Pick<MutatingWebhook, 'reinvocationPolicy'>>;

function behaviour(out: Findings, path: Path, hook: Hook): void {
  oneOf(out, path.child('failurePolicy'), hook.failurePolicy, FAILURE_POLICIES);
  oneOf(out, path.child('matchPolicy'), hook.matchPolicy, MATCH_POLICIES);
  const effects = path.child('sideEffects');
  if (hook.sideEffects) oneOf(out, effects, hook.sideEffects, SIDE_EFFECTS);
  else out.push(finding.required(effects, `must specify one of ${SIDE_EFFECTS.join(', ')}`));
  const timeout = hook.timeoutSeconds;
  if (timeout === undefined || (timeout >= 1 && timeout <= 30)) return;
  const detail = 'the timeout value must be between 1 and 30 seconds';
  out.push(finding.invalid(path.child('timeoutSeconds'), timeout, detail));
}

function webhook(out: Findings, path: Path, hook: Hook, unchanged: boolean): void {
  qualifiedHookName(out, path.child('name'), hook.name ?? '');
  hook.rules?.forEach((rule, i) => operationRule(out, path.child('rules').index(i), rule));
  behaviour(out, path, hook);
  labelSelector(out, path.child('namespaceSelector'), hook.namespaceSelector);
  labelSelector(out, path.child('objectSelector'), hook.objectSelector);
  oneOf(out, path.child('reinvocationPolicy'), hook.reinvocationPolicy, REINVOCATION_POLICIES);
  webhookClient(out, path.child('clientConfig'), hook.clientConfig ?? {});
  if (!unchanged) matchConditions(out, path.child('matchConditions'), hook.matchConditions);
  const detail = `must specify one of ${REVIEW_VERSIONS.join(', ')}`;
  reviewVersions(out, path.child('admissionReviewVersions'), hook.admissionReviewVersions ?? [], detail);
}

type Configuration = ValidatingWebhookConfiguration | MutatingWebhookConfiguration;

function webhooksOf({ webhooks = [] }: Configuration, old?: Configuration): Findings {
  const out: Findings = [];
  const names = new Set<string>();
  const conditions = (list: readonly Hook[] = []) => list.map(({ matchConditions: given }) => given ?? []);
  const unchanged = old !== undefined && semanticallyEqual(conditions(webhooks), conditions(old.webhooks));
  webhooks.forEach((hook: Hook, i) => {
    const path = FieldPath.of('webhooks').index(i);
    webhook(out, path, hook, unchanged);
    if (hook.name && names.has(hook.name)) out.push(finding.duplicate(path.child('name'), hook.name));
    names.add(hook.name);
  });
  return out;
}

export const webhookConfiguration: KindRules<Configuration> = {
  create: (object) => webhooksOf(object),
  update: (object, old) => webhooksOf(object, old),
};
