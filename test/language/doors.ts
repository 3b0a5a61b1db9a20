import type { Status, StatusCause, UntypedObject } from '../../runtime/api/kinds';
import { parseApiVersion } from '../../runtime/api/object';
import { catalogue } from '../../runtime/api/catalogue';
import { toJson } from '../../runtime/api/yaml';
import { resourcePath } from '../../runtime/client/paths';
import { findingsOf } from '../../server/findings/api';
import type { DocumentFinding } from '../../server/findings/finding';
import type { TestServer } from '../apiserver/test-server';

/** What the API server answers to an object's creation, as far as it is against it. */
export interface Verdict {
  /** With strict field validation. */
  readonly strict: Status | undefined;
  /** Without. */
  readonly lax: Status | undefined;
  /** The words that the editor should have: of the field's own, or with its path before them. */
  readonly words: readonly string[];
}

/** Asks the API server to create an object, as a dry run. */
export async function bothDoors(server: TestServer, value: UntypedObject): Promise<Verdict> {
  const strict = await rejection(server, value, 'Strict');
  const lax = await rejection(server, value, 'Ignore');
  return { strict, lax, words: wordsOf(strict, lax) };
}

async function rejection(
  server: TestServer, value: UntypedObject, fieldValidation: 'Strict' | 'Ignore',
): Promise<Status | undefined> {
  const type = catalogue.byKind({ ...parseApiVersion(value.apiVersion ?? ''), kind: value.kind ?? '' });
  if (!type) throw new Error(`${value.apiVersion} ${value.kind} is not built in`);
  const path = resourcePath(type, type.namespaced ? (value.metadata?.namespace ?? 'default') : undefined);
  const query = `?dryRun=All&fieldValidation=${fieldValidation}`;
  const reply = await server.call({ method: 'POST', path: path + query, body: JSON.parse(toJson(value)) as unknown });
  return reply.code < 300 ? undefined : reply.as<Status>();
}

function wordsOf(strict: Status | undefined, lax: Status | undefined): string[] {
  const unknown = /strict decoding error: (.*)$/s.exec(strict?.message ?? '')?.[1]?.split(', ') ?? [];
  if (lax?.code === 422) return [...(lax.details?.causes ?? []).map(causeText), ...unknown].sort();
  return lax ? [lax.message ?? ''] : unknown.sort();
}

const causeText = ({ field, message }: StatusCause): string =>
  field === '<nil>' ? (message ?? '') : `${field}: ${message}`;

/**
 * What the editor finds, in the form of the verdict: each finding with the path of its field, and of what can't be decoded the
 * first, in the server's sentence.
 */
export function editorSays(value: UntypedObject, { lax, words }: Verdict): string[] {
  const found = findingsOf(toJson(value)).filter(({ severity }) => severity === 'error');
  if (lax && lax.code !== 422) {
    const first = found.find(({ code }) => code !== 'UnknownField');
    return [first && lax.message?.includes(first.message) ? lax.message : (first?.message ?? 'nothing was found')];
  }
  const left = [...words];
  const exact = found.filter(({ message }) => left.includes(message));
  const others = found.filter((finding) => !exact.includes(finding));
  return [...exact, ...others].map((finding) => withPath(finding, left)).sort();
}

/** A finding whose field is written doesn't name it; each word of the server is taken once. */
function withPath({ message }: DocumentFinding, left: string[]): string {
  const at = left.findIndex((text) => text === message || text.endsWith(`: ${message}`));
  return at < 0 ? message : (left.splice(at, 1)[0] ?? message);
}
