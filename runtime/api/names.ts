/**
 * The forms that names and short texts of Kubernetes take, after apimachinery's `validation` package. Every
 * `…Problems` function returns the messages that upstream appends to a field's path, empty if the value is fine.
 */
export type NameProblems = (name: string) => readonly string[];

const NONE: readonly string[] = [];
const DNS_LABEL = '[a-z0-9]([-a-z0-9]*[a-z0-9])?';
const DNS_SUBDOMAIN = `${DNS_LABEL}(\\.${DNS_LABEL})*`;
const DNS_LABEL_UNDERSCORE = '_?[a-z0-9]([-_a-z0-9]*[a-z0-9])?';
const DNS_SUBDOMAIN_UNDERSCORE = `${DNS_LABEL_UNDERSCORE}(\\.${DNS_LABEL_UNDERSCORE})*`;
const DNS_1035 = '[a-z]([-a-z0-9]*[a-z0-9])?';
const WILDCARD = `\\*\\.${DNS_SUBDOMAIN}`;
const QUALIFIED = '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]';
const LABEL_VALUE = `(${QUALIFIED})?`;
const CONFIG_KEY = '[-._a-zA-Z0-9]+';
const PERCENT = '[0-9]+%';
const HTTP_HEADER = '[-A-Za-z0-9]+';
const HTTP_PATH = "[A-Za-z0-9/\\-._~%!$&'()*+,;=:]+";
const C_IDENTIFIER = '[A-Za-z_][A-Za-z0-9_]*';

const whole = (expression: string) => new RegExp(`^${expression}$`);
const dnsLabel = whole(DNS_LABEL);
const dnsSubdomain = whole(DNS_SUBDOMAIN);
const dnsSubdomainUnderscore = whole(DNS_SUBDOMAIN_UNDERSCORE);
const dns1035 = whole(DNS_1035);
const wildcard = whole(WILDCARD);
const qualified = whole(QUALIFIED);
const labelValue = whole(LABEL_VALUE);
const configKey = whole(CONFIG_KEY);
const percent = whole(PERCENT);
const httpHeader = whole(HTTP_HEADER);
const httpPath = whole(HTTP_PATH);
const cIdentifier = whole(C_IDENTIFIER);

/** How apimachinery words a failed regular expression. */
export function expressionMessage(message: string, expression: string, ...examples: string[]): string {
  const regex = `regex used for validation is '${expression}'`;
  if (examples.length === 0) return `${message} (${regex})`;
  return `${message} (e.g. ${examples.map((example) => `'${example}', `).join(' or ')}${regex})`;
}

export const maxLengthMessage = (bytes: number) => `must be no more than ${bytes} bytes`;
export const rangeMessage = (low: number, high: number) => `must be between ${low} and ${high}, inclusive`;
export const EMPTY_MESSAGE = 'must be non-empty';

const ASCII = /^[\0-\x7f]*$/;
const encoder = new TextEncoder();

/** Length in UTF-8 bytes, as Go's `len` counts. */
export function byteLength(text: string): number {
  return ASCII.test(text) ? text.length : encoder.encode(text).length;
}

const LABEL_MESSAGE = expressionMessage(
  "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character",
  DNS_LABEL, 'my-name', '123-abc',
);
const SUBDOMAIN_MESSAGE = expressionMessage(
  "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character",
  DNS_SUBDOMAIN, 'example.com',
);
const SUBDOMAIN_UNDERSCORE_MESSAGE = expressionMessage(
  "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '_', '-' or '.', and must start and end with an alphanumeric character",
  DNS_SUBDOMAIN_UNDERSCORE, 'example.com',
);
const DNS_1035_MESSAGE = expressionMessage(
  "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character",
  DNS_1035, 'my-name', 'abc-123',
);
const WILDCARD_MESSAGE = expressionMessage(
  "a wildcard DNS-1123 subdomain must start with '*.', followed by a valid DNS subdomain, which must consist of lower case alphanumeric characters, '-' or '.' and end with an alphanumeric character",
  WILDCARD, '*.example.com',
);
const QUALIFIED_MESSAGE = expressionMessage(
  "must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character",
  QUALIFIED, 'MyName', 'my.name', '123-abc',
);
const LABEL_VALUE_MESSAGE = expressionMessage(
  "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character",
  LABEL_VALUE, 'MyValue', 'my_value', '12345',
);

function formed(value: string, limit: number, form: RegExp, message: string): readonly string[] {
  const fits = value.length <= limit;
  const matches = form.test(value);
  if (fits && matches) return NONE;
  return [...(fits ? [] : [maxLengthMessage(limit)]), ...(matches ? [] : [message])];
}

export function dns1123LabelProblems(value: string): readonly string[] {
  const message = !dnsLabel.test(value) && dnsSubdomain.test(value) ? 'must not contain dots' : LABEL_MESSAGE;
  return formed(value, 63, dnsLabel, message);
}

export const dns1123SubdomainProblems: NameProblems = (value) => formed(value, 253, dnsSubdomain, SUBDOMAIN_MESSAGE);

export const dns1123SubdomainWithUnderscoreProblems: NameProblems = (value) =>
  formed(value, 253, dnsSubdomainUnderscore, SUBDOMAIN_UNDERSCORE_MESSAGE);

export const dns1035LabelProblems: NameProblems = (value) => formed(value, 63, dns1035, DNS_1035_MESSAGE);

export const wildcardSubdomainProblems: NameProblems = (value) => formed(value, 253, wildcard, WILDCARD_MESSAGE);

/** Label and annotation keys, resource names: `[prefix/]name`. */
export function qualifiedNameProblems(value: string): readonly string[] {
  const slash = value.indexOf('/');
  const name = slash < 0 ? value : value.slice(slash + 1);
  if (slash < 0 && name.length <= 63 && qualified.test(name)) return NONE;
  if (name.includes('/')) {
    return [`a qualified name ${QUALIFIED_MESSAGE} with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')`];
  }
  const problems: string[] = [];
  if (slash === 0) problems.push(`prefix part ${EMPTY_MESSAGE}`);
  else if (slash > 0) {
    for (const problem of dns1123SubdomainProblems(value.slice(0, slash))) problems.push(`prefix part ${problem}`);
  }
  if (name === '') problems.push(`name part ${EMPTY_MESSAGE}`);
  else if (name.length > 63) problems.push(`name part ${maxLengthMessage(63)}`);
  if (!qualified.test(name)) problems.push(`name part ${QUALIFIED_MESSAGE}`);
  return problems;
}

export const labelValueProblems: NameProblems = (value) => formed(value, 63, labelValue, LABEL_VALUE_MESSAGE);

/** Since 1.34 an environment variable's name may hold any printable ASCII character but `=`. */
export function envVarNameProblems(value: string): readonly string[] {
  if (value === '') return [`environment variable name ${EMPTY_MESSAGE}`];
  if (/^[\x20-\x3c\x3e-\x7e]+$/.test(value)) return NONE;
  return ["a valid environment variable name must consist only of printable ASCII characters other than '='"];
}

function leadingDots(value: string): readonly string[] {
  if (value === '.') return ["must not be '.'"];
  if (value === '..') return ["must not be '..'"];
  if (value.startsWith('..')) return ["must not start with '..'"];
  return NONE;
}

export function configMapKeyProblems(value: string): readonly string[] {
  const problems = formed(
    value, 253, configKey,
    expressionMessage(
      "a valid config key must consist of alphanumeric characters, '-', '_' or '.'",
      CONFIG_KEY, 'key.name', 'KEY_NAME', 'key-name',
    ),
  );
  const dots = leadingDots(value);
  return dots.length ? [...problems, ...dots] : problems;
}

/** IANA service names: the names of ports. */
export function portNameProblems(value: string): readonly string[] {
  const problems: string[] = [];
  if (value.length > 15) problems.push(maxLengthMessage(15));
  if (!/^[-a-z0-9]+$/.test(value)) problems.push('must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)');
  if (!/[a-z]/.test(value)) problems.push('must contain at least one letter (a-z)');
  if (value.includes('--')) problems.push('must not contain consecutive hyphens');
  if (value.startsWith('-') || value.endsWith('-')) problems.push('must not begin or end with a hyphen');
  return problems;
}

export function portNumberProblems(value: number): readonly string[] {
  return value >= 1 && value <= 65535 ? NONE : [rangeMessage(1, 65535)];
}

export function percentProblems(value: string): readonly string[] {
  if (percent.test(value)) return NONE;
  return [
    expressionMessage("a valid percent string must be a numeric string followed by an ending '%'", PERCENT, '1%', '93%'),
  ];
}

export function httpHeaderNameProblems(value: string): readonly string[] {
  if (httpHeader.test(value)) return NONE;
  return [expressionMessage("a valid HTTP header must consist of alphanumeric characters or '-'", HTTP_HEADER, 'X-Header-Name')];
}

export function cIdentifierProblems(value: string): readonly string[] {
  if (cIdentifier.test(value)) return NONE;
  return [
    expressionMessage(
      "a valid C identifier must start with alphabetic character or '_', followed by a string of alphanumeric characters or '_'",
      C_IDENTIFIER, 'my_name', 'MY_NAME', 'MyName',
    ),
  ];
}

/** Names that become a segment of a URL path: RBAC objects. */
export function pathSegmentProblems(value: string): readonly string[] {
  if (value === '.') return ["may not be '.'"];
  if (value === '..') return ["may not be '..'"];
  return ['/', '%'].filter((part) => value.includes(part)).map((part) => `may not contain '${part}'`);
}

export const isHttpPath = (value: string) => httpPath.test(value);
export const HTTP_PATH_MESSAGE = expressionMessage('Invalid path', HTTP_PATH);

const MAX_ID = 0xffffffff;
export const userIdProblems = (id: number): readonly string[] => (id >= 0 && id <= MAX_ID ? NONE : [rangeMessage(0, MAX_ID)]);
export const groupIdProblems = userIdProblems;

/** A `generateName` may end in a dash: what is checked is the name with an end of its own. */
export function maskTrailingDash(name: string): string {
  return name.length > 1 && name.endsWith('-') ? `${name.slice(0, -2)}a` : name;
}
