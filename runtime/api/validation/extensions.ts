import type { Path } from '../finding';
import { finding, Path as FieldPath } from '../finding';
import type {
  AdmissionregistrationV1WebhookClientConfig, CertificateSigningRequest, CustomResourceDefinition,
  CustomResourceDefinitionNames,
  CustomResourceDefinitionSpec, CustomResourceDefinitionVersion, JSONSchemaProps, MutatingWebhookConfiguration,
  RuleWithOperations,
  ValidatingWebhook, ValidatingWebhookConfiguration,
} from '../kinds';
import { dns1035LabelProblems, dns1123SubdomainProblems } from '../names';
import type { Findings } from './common';
import { IMMUTABLE, immutable, invalidEach, labelSelector, METADATA, optionalOneOf, SPEC } from './common';
import { domainPrefixedPath } from './batch';
import type { KindRules } from './rules';

const NAMES = SPEC.child('names');

function crdName(out: Findings, path: Path, name: string | undefined, mixedCase: boolean): void {
  if (!name) out.push(finding.required(path));
  else {
    const problems = dns1035LabelProblems(mixedCase ? name.toLowerCase() : name);
    if (!problems.length) return;
    const prefix = mixedCase ? 'may have mixed case, but should otherwise match: ' : '';
    out.push(finding.invalid(path, name, prefix + problems.join(',')));
  }
}

function crdNames(out: Findings, names: CustomResourceDefinitionNames): void {
  crdName(out, NAMES.child('plural'), names.plural, false);
  if (names.singular) crdName(out, NAMES.child('singular'), names.singular, false);
  crdName(out, NAMES.child('kind'), names.kind, true);
  names.shortNames?.forEach((name, i) => crdName(out, NAMES.child('shortNames').index(i), name, false));
  if (names.listKind) crdName(out, NAMES.child('listKind'), names.listKind, true);
  if (names.kind && names.kind === names.listKind) {
    out.push(finding.invalid(NAMES.child('listKind'), names.listKind, 'kind and listKind may not be the same'));
  }
  names.categories?.forEach((name, i) => crdName(out, NAMES.child('categories').index(i), name, false));
}

const isSchema =
  (value: unknown): value is JSONSchemaProps => typeof value === 'object' && value !== null && !Array.isArray(value);
const TYPELESS =
  { root: 'at the root', fields: 'for specified object fields', items: 'for specified array items' } as const;
const TYPES = ['array', 'boolean', 'integer', 'number', 'object', 'string'];

/** The rules of a structural schema: a type everywhere, and what else is said only narrows it. */
function structural(out: Findings, path: Path, schema: JSONSchemaProps, role: 'root' | 'fields' | 'items'): void {
  const preserved = schema['x-kubernetes-int-or-string'] || schema['x-kubernetes-preserve-unknown-fields'];
  if (!schema.type) {
    if (!preserved || role === 'root')
      out.push(finding.required(path.child('type'), `must not be empty ${TYPELESS[role]}`));
  } else if (!TYPES.includes(schema.type)) out.push(finding.notSupported(path.child('type'), schema.type, TYPES));
  else if (role === 'root' && schema.type !== 'object') {
    out.push(finding.invalid(path.child('type'), schema.type, 'must be object at the root'));
  }
  if (schema.$ref !== undefined) out.push(finding.forbidden(path.child('$ref'), '$ref is not supported'));
  if (schema.uniqueItems) {
    const detail = 'uniqueItems cannot be set to true since the runtime complexity becomes quadratic';
    out.push(finding.forbidden(path.child('uniqueItems'), detail));
  }
  if (schema.type === 'array' && schema.items === undefined)
    out.push(finding.required(path.child('items'), 'must be specified'));
  const { additionalProperties, items, properties = {} } = schema;
  if (additionalProperties !== undefined && additionalProperties !== false && Object.keys(properties).length) {
    const detail = 'additionalProperties and properties are mutual exclusive';
    out.push(finding.forbidden(path.child('additionalProperties'), detail));
  }
  for (const [name, property] of Object.entries(properties))
    structural(out, path.child('properties').key(name), property, 'fields');
  if (isSchema(additionalProperties))
    structural(out, path.child('additionalProperties'), additionalProperties, 'fields');
  if (isSchema(items)) structural(out, path.child('items'), items, 'items');
}

function crdVersion(out: Findings, path: Path, version: CustomResourceDefinitionVersion): void {
  invalidEach(out, path.child('name'), version.name, dns1035LabelProblems(version.name));
  const schema = version.schema?.openAPIV3Schema;
  const at = path.child('schema', 'openAPIV3Schema');
  if (!schema) out.push(finding.required(at, 'schemas are required'));
  else structural(out, at, schema, 'root');
  version.additionalPrinterColumns?.forEach(({ name, type, jsonPath }, i) => {
    const column = path.child('additionalPrinterColumns').index(i);
    if (!name) out.push(finding.required(column.child('name')));
    if (!type) out.push(finding.required(column.child('type')));
    if (!jsonPath) out.push(finding.required(column.child('jsonPath')));
  });
  const scale = version.subresources?.scale;
  if (!scale) return;
  const scalePath = path.child('subresources', 'scale');
  for (const [field, root] of [['specReplicasPath', '.spec.'], ['statusReplicasPath', '.status.']] as const) {
    if (!scale[field]) out.push(finding.required(scalePath.child(field)));
    else if (!scale[field].startsWith(root)) {
      out.push(finding.invalid(
        scalePath.child(field),
        scale[field],
        `should be a json path under ${root.slice(0, -1)}`,
      ));
    }
  }
}

function crdSpec(
  out: Findings,
  { group, scope, names, versions = [], preserveUnknownFields }: CustomResourceDefinitionSpec,
): void {
  const at = SPEC.child('group');
  const problems = dns1123SubdomainProblems(group ?? '');
  if (!group) out.push(finding.required(at));
  else if (problems.length) out.push(finding.invalid(at, group, problems.join(',')));
  else if (!group.includes('.')) out.push(finding.invalid(at, group, 'should be a domain with at least one dot'));
  if (!scope) out.push(finding.required(SPEC.child('scope')));
  else optionalOneOf(out, SPEC.child('scope'), scope, ['Cluster', 'Namespaced']);
  if (preserveUnknownFields) {
    const detail =
      'cannot set to true, set x-kubernetes-preserve-unknown-fields to true in spec.versions[*].schema instead';
    out.push(finding.invalid(SPEC.child('preserveUnknownFields'), true, detail));
  }
  versions.forEach((version, i) => crdVersion(out, SPEC.child('versions').index(i), version));
  const printed = versions.map(({ name, served, storage }) => ({ name, served, storage }));
  if (new Set(versions.map(({ name }) => name)).size !== versions.length) {
    out.push(finding.invalid(SPEC.child('versions'), printed, 'must contain unique version names'));
  }
  if (versions.filter(({ storage }) => storage).length !== 1) {
    out.push(finding.invalid(
      SPEC.child('versions'),
      printed,
      'must have exactly one version marked as storage version',
    ));
  }
  crdNames(out, names);
}

function createDefinition({ metadata, spec }: CustomResourceDefinition): Findings {
  const out: Findings = [];
  if (metadata.name !== `${spec.names.plural}.${spec.group}`) {
    out.push(finding.invalid(METADATA.child('name'), metadata.name ?? '', 'must be spec.names.plural+"."+spec.group'));
  }
  crdSpec(out, spec);
  return out;
}

export const customResourceDefinition: KindRules<CustomResourceDefinition> = {
  create: createDefinition,
  update(object, old) {
    const out = createDefinition(object);
    const established = old.status?.conditions?.some(({ type, status }) => type === 'Established' && status === 'True');
    if (established) {
      immutable(out, SPEC.child('scope'), object.spec.scope, old.spec.scope);
      immutable(out, NAMES.child('kind'), object.spec.names.kind, old.spec.names.kind);
    }
    immutable(out, SPEC.child('group'), object.spec.group, old.spec.group);
    immutable(out, NAMES.child('plural'), object.spec.names.plural, old.spec.names.plural);
    return out;
  },
  updateStatus: () => [],
};

const OPERATIONS = ['*', 'CONNECT', 'CREATE', 'DELETE', 'UPDATE'];

function webhookRule(
  out: Findings,
  path: Path,
  { operations = [], apiGroups = [], apiVersions = [], resources = [], scope }: RuleWithOperations,
): void {
  if (!operations.length) out.push(finding.required(path.child('operations')));
  if (operations.length > 1 && operations.includes('*')) {
    out.push(finding.invalid(
      path.child('operations'),
      operations,
      'if \'*\' is present, must not specify other operations',
    ));
  }
  operations.forEach((operation, i) => optionalOneOf(out, path.child('operations').index(i), operation, OPERATIONS));
  const star = (field: string, list: readonly string[], what: string) => {
    if (!list.length) out.push(finding.required(path.child(field)));
    if (list.length > 1 && list.includes('*')) {
      out.push(finding.invalid(path.child(field), list, `if '*' is present, must not specify other ${what}`));
    }
  };
  star('apiGroups', apiGroups, 'API groups');
  star('apiVersions', apiVersions, 'API versions');
  apiVersions.forEach((version, i) => {
    if (!version) out.push(finding.required(path.child('apiVersions').index(i)));
  });
  if (!resources.length) out.push(finding.required(path.child('resources')));
  optionalOneOf(out, path.child('scope'), scope, ['*', 'Cluster', 'Namespaced']);
}

function webhookClient(out: Findings, path: Path, { url, service }: AdmissionregistrationV1WebhookClientConfig): void {
  if ((url === undefined) === (service === undefined)) {
    out.push(finding.required(path, 'exactly one of url or service is required'));
    return;
  }
  if (service) {
    if (!service.name) out.push(finding.required(path.child('service', 'name'), 'service name is required'));
    if (!service.namespace)
      out.push(finding.required(path.child('service', 'namespace'), 'service namespace is required'));
    return;
  }
  const parsed = URL.canParse(url ?? '') ? new URL(url ?? '') : undefined;
  const form = '; desired format: https://host[/path]';
  if (!parsed) out.push(finding.required(path.child('url'), `url must be a valid URL${form}`));
  else if (parsed.protocol !== 'https:') {
    const scheme = parsed.protocol.slice(0, -1);
    out.push(finding.invalid(path.child('url'), scheme, `'https' is the only allowed URL scheme${form}`));
  } else if (parsed.username)
    out.push(finding.invalid(path.child('url'), parsed.username, 'user information is not permitted in the URL'));
}

const REVIEW_VERSIONS = ['v1', 'v1beta1'];

function reviewVersions(out: Findings, path: Path, versions: readonly string[] = []): void {
  if (!versions.length) {
    out.push(finding.required(path, `must specify one of ${REVIEW_VERSIONS.join(', ')}`));
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
  const problems = dns1123SubdomainProblems(name);
  if (!name) out.push(finding.required(path));
  else if (problems.length) out.push(finding.invalid(path, name, problems.join(',')));
  else if (name.split('.').length < 3) {
    out.push(finding.invalid(path, name, 'should be a domain with at least three segments separated by dots'));
  }
}

function webhook(out: Findings, path: Path, hook: ValidatingWebhook): void {
  qualifiedHookName(out, path.child('name'), hook.name ?? '');
  hook.rules?.forEach((rule, i) => webhookRule(out, path.child('rules').index(i), rule));
  optionalOneOf(out, path.child('failurePolicy'), hook.failurePolicy, ['Fail', 'Ignore']);
  optionalOneOf(out, path.child('matchPolicy'), hook.matchPolicy, ['Equivalent', 'Exact']);
  const effects = ['None', 'NoneOnDryRun'];
  if (!hook.sideEffects)
    out.push(finding.required(path.child('sideEffects'), `must specify one of ${effects.join(', ')}`));
  else optionalOneOf(out, path.child('sideEffects'), hook.sideEffects, effects);
  const timeout = hook.timeoutSeconds;
  if (timeout !== undefined && (timeout < 1 || timeout > 30)) {
    out.push(finding.invalid(
      path.child('timeoutSeconds'),
      timeout,
      'the timeout value must be between 1 and 30 seconds',
    ));
  }
  labelSelector(out, path.child('namespaceSelector'), hook.namespaceSelector);
  labelSelector(out, path.child('objectSelector'), hook.objectSelector);
  webhookClient(out, path.child('clientConfig'), hook.clientConfig ?? {});
  reviewVersions(out, path.child('admissionReviewVersions'), hook.admissionReviewVersions);
}

export const webhookConfiguration: KindRules<ValidatingWebhookConfiguration | MutatingWebhookConfiguration> = {
  create({ webhooks }) {
    const out: Findings = [];
    const names = new Set<string>();
    webhooks?.forEach((hook, i) => {
      const path = FieldPath.of('webhooks').index(i);
      webhook(out, path, hook);
      if (names.has(hook.name)) out.push(finding.duplicate(path.child('name'), hook.name));
      names.add(hook.name);
    });
    return out;
  },
};

const USAGES = [
  'any', 'cert sign', 'client auth', 'code signing', 'content commitment', 'crl sign', 'data encipherment',
  'decipher only',
  'digital signature', 'email protection', 'encipher only', 'ipsec end system', 'ipsec tunnel', 'ipsec user',
  'key agreement',
  'key encipherment', 'microsoft sgc', 'netscape sgc', 'ocsp signing', 's/mime', 'server auth', 'signing',
  'timestamping',
];

export const certificateSigningRequest: KindRules<CertificateSigningRequest> = {
  create({ spec }) {
    const out: Findings = [];
    const usages = SPEC.child('usages');
    if (!spec.usages?.length) out.push(finding.required(usages, 'usages must be provided'));
    spec.usages?.forEach((usage, i) => {
      if (!USAGES.includes(usage)) out.push(finding.notSupported(usages.index(i), usage, USAGES));
    });
    const signer = SPEC.child('signerName');
    if (spec.signerName === 'kubernetes.io/legacy-unknown') {
      out.push(finding.invalid(signer, spec.signerName, 'the legacy signerName is not allowed via this API version'));
    } else domainPrefixedPath(out, signer, spec.signerName ?? '');
    if (spec.expirationSeconds !== undefined && spec.expirationSeconds < 600) {
      const detail = 'may not specify a duration less than 600 seconds (10 minutes)';
      out.push(finding.invalid(SPEC.child('expirationSeconds'), spec.expirationSeconds, detail));
    }
    return out;
  },
  update(object, old) {
    const out: Findings = [];
    if (JSON.stringify(object.spec) !== JSON.stringify(old.spec))
      out.push(finding.invalid(SPEC, object.spec, IMMUTABLE));
    return out;
  },
};
