import { X509Certificate } from 'node:crypto';
import type { Path } from '../finding';
import { finding } from '../finding';
import type {
  CertificateSigningRequest, CertificateSigningRequestCondition, V1beta1ClusterTrustBundle,
  V1beta1PodCertificateRequest,
} from '../kinds';
import { byteLength, dns1123LabelProblems, dns1123SubdomainProblems } from '../names';
import type { Findings } from './common';
import { dnsSubdomain, immutable, IMMUTABLE, semanticallyEqual, SPEC, STATUS } from './common';
import { isDerSequence, pemBlocks } from './pem';
import type { KindRules } from './rules';

const USAGES = [
  'any', 'cert sign', 'client auth', 'code signing', 'content commitment', 'crl sign', 'data encipherment',
  'decipher only', 'digital signature', 'email protection', 'encipher only', 'ipsec end system', 'ipsec tunnel',
  'ipsec user', 'key agreement', 'key encipherment', 'microsoft sgc', 'netscape sgc', 'ocsp signing', 's/mime',
  'server auth', 'signing', 'timestamping',
];
const LEGACY_SIGNER = 'kubernetes.io/legacy-unknown';
const MAX_DOMAIN = 253;
/** A domain, a namespace and an object's name, with what parts them. */
const MAX_SIGNER = MAX_DOMAIN + 1 + 63 + 1 + 253;
const MAX_TRUST_BUNDLE = 1024 * 1024;

/** `example.com/name`: who is to sign. */
export function signerName(out: Findings, path: Path, signer: string): void {
  if (!signer) {
    out.push(finding.required(path));
    return;
  }
  const parts = signer.split('/');
  const [domain = '', rest = ''] = parts;
  if (parts.length !== 2) {
    const detail = "must be a fully qualified domain and path of the form 'example.com/signer-name'";
    out.push(finding.invalid(path, signer, detail));
    return;
  }
  if (byteLength(domain) > MAX_DOMAIN) out.push(finding.tooLong(path, MAX_DOMAIN));
  firstBad(out, path, domain, dns1123LabelProblems);
  if (!domain.includes('.')) {
    out.push(finding.invalid(path, domain, 'should be a domain with at least two segments separated by dots'));
  }
  firstBad(out, path, rest, dns1123SubdomainProblems);
  if (byteLength(signer) > MAX_SIGNER) out.push(finding.tooLong(path, MAX_SIGNER));
}

/** Of several bad labels the first is told. */
function firstBad(out: Findings, path: Path, text: string, problemsOf: (label: string) => readonly string[]): void {
  const bad = text.split('.').find((label) => problemsOf(label).length > 0);
  if (bad === undefined) return;
  for (const problem of problemsOf(bad)) {
    out.push(finding.invalid(path, text, `validating label ${JSON.stringify(bad)}: ${problem}`));
  }
}

function requestProblem(request: string): string | undefined {
  const [block] = pemBlocks(Buffer.from(request, 'base64').toString('latin1'));
  if (block?.type !== 'CERTIFICATE REQUEST') return 'PEM block type must be CERTIFICATE REQUEST';
  return isDerSequence(block.bytes) ? undefined : 'asn1: structure error: malformed certificate request';
}

const TRUE_ONLY = new Set(['Approved', 'Denied', 'Failed']);

function conditions(out: Findings, list: readonly CertificateSigningRequestCondition[]): void {
  const path = STATUS.child('conditions');
  const seen = new Set<string>();
  list.forEach(({ type, status }, i) => {
    const at = path.index(i);
    if (!type) out.push(finding.required(at.child('type')));
    const allowed = TRUE_ONLY.has(type) ? ['True'] : ['False', 'True', 'Unknown'];
    if (!status) out.push(finding.required(at.child('status')));
    else if (!allowed.includes(status)) out.push(finding.notSupported(at.child('status'), status, allowed));
    const other = type === 'Approved' ? 'Denied' : 'Approved';
    if ((type === 'Approved' || type === 'Denied') && seen.has(other)) {
      out.push(finding.invalid(path, type, 'Approved and Denied conditions are mutually exclusive'));
    }
    if (seen.has(type)) out.push(finding.duplicate(at.child('type'), type));
    seen.add(type);
  });
}

function createRequest({ spec, status }: CertificateSigningRequest): Findings {
  const out: Findings = [];
  const wrong = requestProblem(spec.request ?? '');
  if (wrong) out.push(finding.invalid(SPEC.child('request'), spec.request, wrong));
  const usages = SPEC.child('usages');
  const given = spec.usages ?? [];
  if (!given.length) out.push(finding.required(usages, 'usages must be provided'));
  given.forEach((usage, i) => {
    if (!USAGES.includes(usage)) out.push(finding.notSupported(usages.index(i), usage, USAGES));
  });
  given.forEach((usage, i) => {
    if (given.indexOf(usage) < i) out.push(finding.duplicate(usages.index(i), usage));
  });
  const signer = SPEC.child('signerName');
  if (spec.signerName === LEGACY_SIGNER) {
    out.push(finding.invalid(signer, spec.signerName, 'the legacy signerName is not allowed via this API version'));
  } else signerName(out, signer, spec.signerName ?? '');
  if (spec.expirationSeconds !== undefined && spec.expirationSeconds < 600) {
    const detail = 'may not specify a duration less than 600 seconds (10 minutes)';
    out.push(finding.invalid(SPEC.child('expirationSeconds'), spec.expirationSeconds, detail));
  }
  conditions(out, status?.conditions ?? []);
  return out;
}

const UNREADABLE = 'does not parse as X.509';

function anchorProblem(bytes: Buffer): string | undefined {
  try {
    return new X509Certificate(bytes).ca ? undefined : 'does not have the CA bit set';
  } catch {
    return UNREADABLE;
  }
}

/** What is newly wrong about the conditions; a decision is never taken back. */
function conditionsUpdate({ status }: CertificateSigningRequest, old: CertificateSigningRequest): Findings {
  const known: Findings = [];
  conditions(known, old.status?.conditions ?? []);
  const found: Findings = [];
  conditions(found, status?.conditions ?? []);
  const out = found.filter(({ path, message }) => !known.some((was) => was.path === path && was.message === message));
  const count = (list: readonly CertificateSigningRequestCondition[] = [], type: string) =>
    list.filter((condition) => condition.type === type).length;
  for (const type of TRUE_ONLY) {
    if (count(status?.conditions, type) >= count(old.status?.conditions, type)) continue;
    const detail = `updates may not remove a condition of type ${JSON.stringify(type)}`;
    out.push(finding.forbidden(STATUS.child('conditions'), detail));
  }
  return out;
}

function certificateProblem(text: string): string | undefined {
  const blocks = pemBlocks(text);
  if (blocks.length === 0) return 'must contain at least one CERTIFICATE PEM block';
  for (const { type, hasHeaders, bytes } of blocks) {
    if (type !== 'CERTIFICATE') return `only CERTIFICATE PEM blocks are allowed, found ${JSON.stringify(type)}`;
    if (hasHeaders) return 'no PEM block headers are permitted';
    if (anchorProblem(bytes) === UNREADABLE) return 'x509: malformed certificate';
  }
  return undefined;
}

function certificateUpdate(out: Findings, now: string, before: string): void {
  if (now === before) return;
  const at = STATUS.child('certificate');
  const problem = now && certificateProblem(Buffer.from(now, 'base64').toString('latin1'));
  if (problem) out.push(finding.invalid(at, '<certificate data>', problem));
  if (before) out.push(finding.forbidden(at, 'updates may not modify existing certificate content'));
}

export const certificateSigningRequest: KindRules<CertificateSigningRequest> = {
  // Any name will do.
  nameProblems: () => [],
  create: createRequest,
  update(object, old) {
    const out = conditionsUpdate(object, old);
    if (!semanticallyEqual(object.spec, old.spec)) out.push(finding.invalid(SPEC, object.spec, IMMUTABLE));
    return out;
  },
  updateStatus(object, old) {
    const out = conditionsUpdate(object, old);
    certificateUpdate(out, object.status?.certificate ?? '', old.status?.certificate ?? '');
    return out;
  },
};

const OMITTED = '<value omitted>';

function trustBundle(out: Findings, path: Path, text: string): void {
  if (byteLength(text) > MAX_TRUST_BUNDLE) {
    out.push(finding.tooLong(path, MAX_TRUST_BUNDLE));
    return;
  }
  const before = out.length;
  const anchors = new Map<string, number[]>();
  pemBlocks(text).forEach(({ type, hasHeaders, bytes }, i) => {
    const refuse = (detail: string) => out.push(finding.invalid(path, OMITTED, `entry ${i} ${detail}`));
    const problem = type === 'CERTIFICATE' && !hasHeaders ? anchorProblem(bytes) : undefined;
    if (type !== 'CERTIFICATE') refuse(`has bad block type: ${type}`);
    else if (hasHeaders) refuse('has PEM block headers');
    else if (problem) refuse(problem);
    const key = bytes.toString('base64');
    anchors.set(key, [...(anchors.get(key) ?? []), i]);
  });
  if (out.length > before) return;
  if (!anchors.size) out.push(finding.invalid(path, OMITTED, 'at least one trust anchor must be provided'));
  for (const indices of anchors.values()) {
    const detail = `duplicate trust anchor (indices [${indices.join(' ')}])`;
    if (indices.length > 1) out.push(finding.invalid(path, OMITTED, detail));
  }
}

/** A bundle of a signer is named after it. */
function bundleNameProblems(name: string, { spec }: V1beta1ClusterTrustBundle): readonly string[] {
  const signer = spec?.signerName ?? '';
  if (!signer) {
    if (name.includes(':')) return ['ClusterTrustBundle without signer name must not have ":" in its name'];
    return dns1123SubdomainProblems(name);
  }
  const prefix = `${signer.replaceAll('/', ':')}:`;
  if (name.startsWith(prefix)) return dns1123SubdomainProblems(name.slice(prefix.length));
  return [`ClusterTrustBundle for signerName ${signer} must be named with prefix ${prefix}`];
}

function createBundle({ spec }: V1beta1ClusterTrustBundle, old?: V1beta1ClusterTrustBundle): Findings {
  const out: Findings = [];
  if (spec?.signerName) signerName(out, SPEC.child('signerName'), spec.signerName);
  const text = spec?.trustBundle ?? '';
  if (text !== old?.spec?.trustBundle) trustBundle(out, SPEC.child('trustBundle'), text);
  return out;
}

export const clusterTrustBundle: KindRules<V1beta1ClusterTrustBundle> = {
  nameProblems: bundleNameProblems,
  create: (object) => createBundle(object),
  update(object, old) {
    const out = createBundle(object, old);
    immutable(out, SPEC.child('signerName'), object.spec?.signerName ?? '', old.spec?.signerName ?? '');
    return out;
  },
};

const HOUR = 3600;

function uid(out: Findings, field: string, value: string): void {
  if (!value) out.push(finding.invalid(SPEC.child(field), value, 'must not be empty'));
  if (byteLength(value) > 128) out.push(finding.tooLong(SPEC.child(field), 128));
}

function createPodRequest({ spec }: V1beta1PodCertificateRequest): Findings {
  const out: Findings = [];
  const { signerName: signer = '', maxExpirationSeconds: seconds } = spec ?? {};
  signerName(out, SPEC.child('signerName'), signer);
  for (const what of ['pod', 'serviceAccount', 'node'] as const) {
    dnsSubdomain(out, SPEC.child(`${what}Name`), spec?.[`${what}Name`] ?? '');
    uid(out, `${what}UID`, spec?.[`${what}UID`] ?? '');
  }
  const at = SPEC.child('maxExpirationSeconds');
  const most = /^kubernetes\.io\//.test(signer) ? 24 * HOUR : 91 * 24 * HOUR;
  if (seconds === undefined) out.push(finding.required(at, 'must be set'));
  else if (seconds < HOUR || seconds > most) {
    out.push(finding.invalid(at, seconds, `must be in the range [${HOUR}, ${most}]`));
  }
  return out;
}

export const podCertificateRequest: KindRules<V1beta1PodCertificateRequest> = {
  create: createPodRequest,
  update(object, old) {
    const out: Findings = [];
    immutable(out, SPEC, object.spec, old.spec);
    return out;
  },
};
