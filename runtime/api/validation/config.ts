import { finding, Path } from '../finding';
import type { ConfigMap, Secret } from '../kinds';
import { byteLength, configMapKeyProblems } from '../names';
import type { Findings, StringMap } from './common';
import { immutable, invalidEach, METADATA, semanticallyEqual } from './common';
import type { KindRules } from './rules';

const MAX_SIZE = 1024 * 1024;
const DATA = Path.of('data');
const BINARY_DATA = Path.of('binaryData');
const FROZEN = 'field is immutable when `immutable` is set';

/** Length of what a base64 text stands for. */
function decodedLength(text: string): number {
  const padding = text.endsWith('==') ? 2 : text.endsWith('=') ? 1 : 0;
  return Math.floor((text.replace(/\s/g, '').length * 3) / 4) - padding;
}

function createConfigMap({ data = {}, binaryData = {} }: ConfigMap): Findings {
  const out: Findings = [];
  let size = 0;
  for (const [key, value] of Object.entries(data)) {
    invalidEach(out, DATA.key(key), key, configMapKeyProblems(key));
    if (binaryData[key] !== undefined)
      out.push(finding.invalid(DATA.key(key), key, 'duplicate of key present in binaryData'));
    size += byteLength(value);
  }
  for (const [key, value] of Object.entries(binaryData)) {
    invalidEach(out, BINARY_DATA.key(key), key, configMapKeyProblems(key));
    size += decodedLength(value);
  }
  if (size > MAX_SIZE) out.push(finding.tooLong(Path.whole, MAX_SIZE));
  return out;
}

type Frozen = { immutable?: boolean; data?: StringMap; binaryData?: StringMap };

function frozen(out: Findings, now: Frozen, old: Frozen): void {
  if (!old.immutable) return;
  if (!now.immutable) out.push(finding.forbidden(Path.of('immutable'), FROZEN));
  if (!semanticallyEqual(now.data, old.data)) out.push(finding.forbidden(DATA, FROZEN));
  if (!semanticallyEqual(now.binaryData, old.binaryData)) out.push(finding.forbidden(BINARY_DATA, FROZEN));
}

export const configMap: KindRules<ConfigMap> = {
  create: createConfigMap,
  update(object, old) {
    const out: Findings = [];
    frozen(out, object, old);
    return [...out, ...createConfigMap(object)];
  },
};

const DOCKER_CFG = '.dockercfg';
const DOCKER_CONFIG_JSON = '.dockerconfigjson';
const ACCOUNT_NAME = 'kubernetes.io/service-account.name';
const REDACTED = '<secret contents redacted>';

function base64Text(text: string): string {
  const bytes = Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
  return new TextDecoder().decode(bytes);
}

function goTypeName(value: unknown): string {
  if (Array.isArray(value)) return 'array';
  return typeof value === 'boolean' ? 'bool' : typeof value;
}

/** Why a secret's JSON can't be read, in the words of Go's decoder where they are common. */
function jsonProblem(encoded: string): string | undefined {
  let text: string;
  try {
    text = base64Text(encoded);
    const value: unknown = JSON.parse(text);
    if (value === null || (typeof value === 'object' && !Array.isArray(value))) return undefined;
    return `json: cannot unmarshal ${goTypeName(value)} into Go value of type map[string]interface {}`;
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    const first = base64Text(encoded).trimStart().charAt(0);
    if (first === '') return 'unexpected end of JSON input';
    if (!'{["-0123456789tfn'.includes(first)) return `invalid character '${first}' looking for beginning of value`;
    return /end of JSON input|Unterminated/.test(error.message) ? 'unexpected end of JSON input' : 'invalid JSON';
  }
}

function dockerConfig(out: Findings, data: StringMap, key: string): void {
  const value = data[key];
  if (value === undefined) {
    out.push(finding.required(DATA.key(key)));
    return;
  }
  const problem = jsonProblem(value);
  if (problem) out.push(finding.invalid(DATA.key(key), REDACTED, problem));
}

function requireKeys(out: Findings, data: StringMap, keys: readonly string[]): void {
  for (const key of keys) if (data[key] === undefined) out.push(finding.required(DATA.key(key)));
}

function secretType(out: Findings, { type, metadata }: Secret, data: StringMap): void {
  switch (type) {
    case 'kubernetes.io/service-account-token':
      if (!metadata.annotations?.[ACCOUNT_NAME])
        out.push(finding.required(METADATA.child('annotations').key(ACCOUNT_NAME)));
      break;
    case 'kubernetes.io/dockercfg':
      dockerConfig(out, data, DOCKER_CFG);
      break;
    case 'kubernetes.io/dockerconfigjson':
      dockerConfig(out, data, DOCKER_CONFIG_JSON);
      break;
    case 'kubernetes.io/basic-auth':
      if (data.username === undefined && data.password === undefined) requireKeys(out, data, ['username', 'password']);
      break;
    case 'kubernetes.io/ssh-auth':
      if (!data['ssh-privatekey']) out.push(finding.required(DATA.key('ssh-privatekey')));
      break;
    case 'kubernetes.io/tls':
      requireKeys(out, data, ['tls.crt', 'tls.key']);
      break;
    default:
  }
}

function createSecret(secret: Secret): Findings {
  const out: Findings = [];
  const data = secret.data ?? {};
  let size = 0;
  for (const [key, value] of Object.entries(data)) {
    invalidEach(out, DATA.key(key), key, configMapKeyProblems(key));
    size += decodedLength(value);
  }
  if (size > MAX_SIZE) out.push(finding.tooLong(DATA, MAX_SIZE));
  secretType(out, secret, data);
  return out;
}

export const secret: KindRules<Secret> = {
  create: createSecret,
  update(object, old) {
    const out: Findings = [];
    immutable(out, Path.of('type'), object.type, old.type);
    frozen(out, object, old);
    return [...out, ...createSecret(object)];
  },
};
