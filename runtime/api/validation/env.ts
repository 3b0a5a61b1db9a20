import type { Path } from '../finding';
import { finding } from '../finding';
import type {
  EnvFromSource, EnvVar, EnvVarSource, FileKeySelector, ObjectFieldSelector, ResourceFieldSelector,
} from '../kinds';
import { configMapKeyProblems, dns1123SubdomainProblems, envVarNameProblems, maskTrailingDash } from '../names';
import { tryParseQuantity } from '../quantity';
import type { Findings } from './common';
import { invalidEach, qualifiedName } from './common';
import { localPath } from './paths';

const ENV_FIELDS = [
  'metadata.name', 'metadata.namespace', 'metadata.uid', 'spec.nodeName', 'spec.serviceAccountName', 'status.hostIP',
  'status.hostIPs', 'status.podIP', 'status.podIPs',
];
export const VOLUME_FIELDS =
  ['metadata.annotations', 'metadata.labels', 'metadata.name', 'metadata.namespace', 'metadata.uid'];
const KNOWN_FIELDS = new Set([
  ...ENV_FIELDS, ...VOLUME_FIELDS, 'spec.restartPolicy', 'spec.schedulerName', 'status.phase',
]);
const RESOURCE_FIELDS = [
  'limits.cpu', 'limits.ephemeral-storage', 'limits.memory', 'requests.cpu', 'requests.ephemeral-storage',
  'requests.memory',
];
const CPU_DIVISORS = new Set(['1m', '1']);
const BYTE_DIVISORS = ['1', '1k', '1M', '1G', '1T', '1P', '1E', '1Ki', '1Mi', '1Gi', '1Ti', '1Pi', '1Ei'];

function subscripted(path: string): { path: string; key: string } | undefined {
  const match = /^(.+?)\['(.*)'\]$/s.exec(path);
  return match ? { path: match[1] ?? '', key: match[2] ?? '' } : undefined;
}

function conversionProblem(apiVersion: string, fieldPath: string): string | undefined {
  if (apiVersion !== 'v1') return `unsupported pod version: ${apiVersion}`;
  const parts = subscripted(fieldPath);
  if (parts) {
    const mapped = parts.path === 'metadata.annotations' || parts.path === 'metadata.labels';
    return mapped ? undefined : `field label does not support subscript: ${fieldPath}`;
  }
  return KNOWN_FIELDS.has(fieldPath) || fieldPath === 'spec.host' ? undefined : `field label not supported: ${fieldPath}`;
}

/** A downward-API reference to one of the pod's own fields. */
export function fieldRef(
  out: Findings,
  path: Path,
  ref: ObjectFieldSelector,
  allowed: readonly string[] = ENV_FIELDS,
): void {
  if (!ref.apiVersion) {
    out.push(finding.required(path.child('apiVersion')));
    return;
  }
  if (!ref.fieldPath) {
    out.push(finding.required(path.child('fieldPath')));
    return;
  }
  const problem = conversionProblem(ref.apiVersion, ref.fieldPath);
  if (problem) {
    out.push(finding.invalid(path.child('fieldPath'), ref.fieldPath, `error converting fieldPath: ${problem}`));
    return;
  }
  const parts = subscripted(ref.fieldPath);
  if (parts) qualifiedName(out, path, parts.path === 'metadata.annotations' ? parts.key.toLowerCase() : parts.key);
  else {
    const field = ref.fieldPath === 'spec.host' ? 'spec.nodeName' : ref.fieldPath;
    if (!allowed.includes(field)) out.push(finding.notSupported(path.child('fieldPath'), field, allowed));
  }
}

function divisor(out: Findings, path: Path, resource: string, text: string | undefined): void {
  const quantity = text === undefined ? undefined : tryParseQuantity(text);
  if (!quantity || quantity.isZero()) return;
  const value = quantity.toString();
  const bytes = (name: string) => {
    if (BYTE_DIVISORS.includes(value)) return;
    const detail = `only divisor's values ${BYTE_DIVISORS.join(', ')} are supported with the ${name} resource`;
    out.push(finding.invalid(path.child('divisor'), resource, detail));
  };
  if (resource === 'limits.cpu' || resource === 'requests.cpu') {
    if (CPU_DIVISORS.has(value)) return;
    const detail = "only divisor's values 1m and 1 are supported with the cpu resource";
    out.push(finding.invalid(path.child('divisor'), resource, detail));
  } else if (resource.endsWith('.memory')) bytes('memory');
  else if (resource.endsWith('.ephemeral-storage')) bytes('local ephemeral storage');
  else if (/^(limits|requests)\.hugepages-/.test(resource)) bytes('hugepages');
}

/** A downward-API reference to a container's requests or limits; in a volume the container must be named. */
export function resourceFieldRef(out: Findings, path: Path, ref: ResourceFieldSelector, inVolume = false): void {
  if (inVolume && !ref.containerName) out.push(finding.required(path.child('containerName')));
  else if (!ref.resource) out.push(finding.required(path.child('resource')));
  else if (!RESOURCE_FIELDS.includes(ref.resource) && !/^(limits|requests)\.hugepages-/.test(ref.resource)) {
    out.push(finding.notSupported(path.child('resource'), ref.resource, RESOURCE_FIELDS));
  }
  divisor(out, path, ref.resource ?? '', ref.divisor);
}

function keyRef(out: Findings, path: Path, { name, key }: { name?: string; key: string }): void {
  invalidEach(out, path.child('name'), name ?? '', dns1123SubdomainProblems(name ?? ''));
  if (!key) out.push(finding.required(path.child('key')));
  else invalidEach(out, path.child('key'), key, configMapKeyProblems(key));
}

function fileKeyRef(out: Findings, path: Path, ref: FileKeySelector): void {
  if (!ref.key) out.push(finding.required(path.child('key')));
  else invalidEach(out, path.child('key'), ref.key, envVarNameProblems(ref.key));
  if (!ref.volumeName) out.push(finding.required(path.child('volumeName')));
  if (!ref.path) out.push(finding.required(path.child('path')));
  else localPath(out, path.child('path'), ref.path);
}

const SOURCES = '`fieldRef`, `resourceFieldRef`, `configMapKeyRef`, `secretKeyRef` or `fileKeyRef`';

function valueFrom(out: Findings, path: Path, value: string | undefined, source: EnvVarSource): void {
  const { fieldRef: field, resourceFieldRef: resource, configMapKeyRef, secretKeyRef, fileKeyRef: file } = source;
  if (field) fieldRef(out, path.child('fieldRef'), field);
  if (resource) resourceFieldRef(out, path.child('resourceFieldRef'), resource);
  if (configMapKeyRef) keyRef(out, path.child('configMapKeyRef'), configMapKeyRef);
  if (secretKeyRef) keyRef(out, path.child('secretKeyRef'), secretKeyRef);
  if (file) fileKeyRef(out, path.child('fileKeyRef'), file);
  const count = [field, resource, configMapKeyRef, secretKeyRef, file].filter(Boolean).length;
  if (count === 0) out.push(finding.invalid(path, '', `must specify one of: ${SOURCES}`));
  else if (value) out.push(finding.invalid(path, '', 'may not be specified when `value` is not empty'));
  else if (count > 1) out.push(finding.invalid(path, '', 'may not have more than one field specified at a time'));
}

export function env(out: Findings, path: Path, variables: readonly EnvVar[]): void {
  variables.forEach((variable, i) => {
    if (!variable.name) out.push(finding.required(path.index(i).child('name')));
    else {
      const problems = envVarNameProblems(variable.name);
      if (problems.length) invalidEach(out, path.index(i).child('name'), variable.name, problems);
    }
    if (variable.valueFrom) valueFrom(out, path.index(i).child('valueFrom'), variable.value, variable.valueFrom);
  });
}

function envSource(out: Findings, path: Path, source: { name?: string }): void {
  if (!source.name) out.push(finding.required(path.child('name')));
  else invalidEach(out, path.child('name'), source.name, dns1123SubdomainProblems(maskTrailingDash(source.name)));
}

export function envFrom(out: Findings, path: Path, sources: readonly EnvFromSource[]): void {
  sources.forEach(({ prefix, configMapRef, secretRef }, i) => {
    const at = path.index(i);
    if (prefix) invalidEach(out, at.child('prefix'), prefix, envVarNameProblems(prefix));
    if (configMapRef) envSource(out, at.child('configMapRef'), configMapRef);
    if (secretRef) envSource(out, at.child('secretRef'), secretRef);
    // Upstream reports the list here, not its item.
    if (!configMapRef && !secretRef) {
      out.push(finding.invalid(path, '', 'must specify one of: `configMapRef` or `secretRef`'));
    } else if (configMapRef && secretRef) {
      out.push(finding.invalid(path, '', 'may not have more than one field specified at a time'));
    }
  });
}
