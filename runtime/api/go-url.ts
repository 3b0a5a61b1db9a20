/** The parts of a URL as Go's net/url has them: what is not written is empty. */
export interface GoUrl {
  readonly scheme: string;
  readonly user: string | undefined;
  readonly host: string;
  readonly path: string;
  readonly query: string;
  readonly fragment: string;
}

export type ParsedGoUrl = { readonly url: GoUrl } | { readonly error: string };

const REST = /^(?:\/\/([^/?]*))?([^?]*)(?:\?(.*))?$/s;
const BAD_ESCAPE = /%(?![0-9A-Fa-f]{2}).{0,2}/s;
const NOT_IN_HOST = /[^A-Za-z0-9\-_.~!$&'()*+,;=:[\]<>"\u0080-\u{10ffff}%]/u;

const refused = (text: string, why: string): ParsedGoUrl => ({ error: `parse ${JSON.stringify(text)}: ${why}` });

/** Why Go refuses a host, with its port if it has one. */
function hostProblem(host: string): string | undefined {
  const port = host.startsWith('[') ? host.slice(host.lastIndexOf(']') + 1) : (/:[^:]*$/.exec(host)?.[0] ?? '');
  if (host.startsWith('[') && !host.includes(']')) return "missing ']' in host";
  if (port && !/^:\d*$/.test(port)) return `invalid port ${JSON.stringify(port)} after host`;
  const strange = NOT_IN_HOST.exec(host)?.[0];
  return strange === undefined ? undefined : `invalid character ${JSON.stringify(strange)} in host name`;
}

/** `url.Parse` of Go: it takes relative references and the empty text, and says why it refuses another. */
export function parseGoUrl(text: string): ParsedGoUrl {
  if (Array.from(text, (character) => character.charCodeAt(0)).some((code) => code < 32 || code === 127)) {
    return refused(text, 'net/url: invalid control character in URL');
  }
  const hash = text.indexOf('#');
  const [before, fragment] = hash < 0 ? [text, ''] : [text.slice(0, hash), text.slice(hash + 1)];
  if (before.startsWith(':')) return refused(text, 'missing protocol scheme');
  const [whole = '', scheme = ''] = /^([A-Za-z][A-Za-z0-9+.-]*):/.exec(before) ?? [];
  const rest = before.slice(whole.length);
  const isReference = scheme === '' && rest.startsWith('///');
  const [, authority = '', path = '', query = ''] = REST.exec(isReference ? rest.slice(2) : rest) ?? [];
  if (!scheme && !rest.startsWith('/') && /^[^/?]*:/.test(rest)) {
    return refused(before, 'first path segment in URL cannot contain colon');
  }
  const at = authority.lastIndexOf('@');
  const host = authority.slice(at + 1);
  const escape = BAD_ESCAPE.exec(authority + path) ?? BAD_ESCAPE.exec(fragment);
  const problem = hostProblem(host) ?? (escape ? `invalid URL escape ${JSON.stringify(escape[0])}` : undefined);
  if (problem) return refused(text, problem);
  const user = at < 0 ? undefined : authority.slice(0, at);
  return { url: { scheme: scheme.toLowerCase(), user, host, path, query, fragment } };
}
