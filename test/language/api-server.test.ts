import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Status, StatusCause } from '../../runtime/api/kinds';
import { parseManifests, toJson } from '../../runtime/api/yaml';
import { tokenReview } from '../../runtime/apiserver/authentication/reviews';
import { accessReviews, createAuthorizer } from '../../runtime/apiserver/authorization';
import { resourcePath } from '../../runtime/client/paths';
import { findingsOf } from '../../server/findings/api';
import type { DocumentFinding } from '../../server/findings/finding';
import { type ManifestObject, manifestsIn } from '../../server/manifests/manifest-objects';
import { TestServer } from '../apiserver/test-server';

const folder = join(__dirname, 'findings');

interface Case extends ManifestObject {
  title: string;
}

/** Every object of a built-in kind in the fixtures that has a syntax and stands by itself. */
const cases: Case[] = readdirSync(folder)
  .filter((name) => /\.(yaml|json)$/.test(name))
  .flatMap((name) => {
    const documents = parseManifests(readFileSync(join(folder, name), 'utf8'));
    const objects = documents.filter(({ errors }) => errors.length === 0).flatMap(({ value }) => manifestsIn(value));
    return objects.map((object, i) => ({ ...object, title: `${name} #${i + 1}: ${object.value.kind}` }));
  })
  .filter(({ type }) => type !== undefined);

let server: TestServer;
beforeAll(async () => {
  server = await TestServer.start({
    components: ({ lister }) => {
      const authorizer = createAuthorizer({ lister });
      const authenticator = { authenticate: () => ({ name: 'admin', groups: ['system:masters'] }) };
      return {
        authorizer,
        authenticator,
        virtualResources: new Map([
          ...accessReviews(authorizer),
          ['authentication.k8s.io/tokenreviews', tokenReview(authenticator, [])],
        ]),
      };
    },
  });
});
afterAll(() => server.close());

/** What the API server answers to the object's creation, as far as it is against it. */
async function rejection({ value, type }: Case, fieldValidation: 'Strict' | 'Ignore'): Promise<Status | undefined> {
  if (!type) throw new Error('a kind that is not built in');
  const path = resourcePath(type, type.namespaced ? (value.metadata?.namespace ?? 'default') : undefined);
  const query = `?dryRun=All&fieldValidation=${fieldValidation}`;
  const reply = await server.call({ method: 'POST', path: path + query, body: JSON.parse(toJson(value)) as unknown });
  return reply.code < 300 ? undefined : reply.as<Status>();
}

function editorSays({ value }: Case): DocumentFinding[] {
  return findingsOf(toJson(value)).filter(({ severity }) => severity === 'error');
}

/** A finding whose own field isn't written names it. */
function asTheEditorWords({ field, message }: StatusCause, found: DocumentFinding | undefined): string {
  return found?.message === message ? (message ?? '') : `${field}: ${message}`;
}

describe('the editor says what the API server says', () => {
  it.each(cases)('$title', async (object) => {
    const found = editorSays(object);
    const unknown = found.filter(({ code }) => code === 'UnknownField').map(({ message }) => message);
    const others = found.filter(({ code }) => code !== 'UnknownField');
    const strict = await rejection(object, 'Strict');
    if (unknown.length > 0) expect(strict?.message).toContain(`strict decoding error: ${unknown.join(', ')}`);
    const lax = await rejection(object, 'Ignore');
    if (lax?.code === 422) {
      const causes = lax.details?.causes ?? [];
      expect(others.map(({ message }) => message)).toEqual(
        causes.map((cause, i) => asTheEditorWords(cause, others[i])),
      );
    } else if (lax) {
      expect(lax.message).toContain(others[0]?.message ?? 'nothing was found');
    } else {
      expect(others).toEqual([]);
    }
  });

  it('of objects that are fine as of those that are not', () => {
    expect(cases.filter((object) => editorSays(object).length === 0).length).toBeGreaterThan(1);
    expect(cases.filter((object) => editorSays(object).length > 0).length).toBeGreaterThan(10);
  });
});
