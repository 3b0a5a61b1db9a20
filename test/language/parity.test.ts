import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Status } from '../../runtime/api/kinds';
import { parityCases } from './cases';
import { bothDoors, editorSays, type Verdict } from './doors';
import { TestServer } from '../apiserver/test-server';

const cases = parityCases(join(import.meta.dirname, 'parity'));

let server: TestServer;
beforeAll(async () => {
  server = await TestServer.start();
});
afterAll(() => server.close());

/** The lines of an answer, as `says` gives their beginnings. */
function lines({ strict, lax }: Verdict): string[] {
  const unknown = /strict decoding error: (.*)$/.exec(strict?.message ?? '')?.[1];
  const causes = (status: Status) =>
    (status.details?.causes ?? []).map(({ field, message }) => (field === '<nil>' ? message : `${field}: ${message}`) ?? '');
  if (lax?.code === 422) return causes(lax);
  if (lax) return [lax.message?.replace(/^.* cannot be handled as a \w+: /, '') ?? ''];
  return unknown?.split(', ') ?? [];
}

function fits(said: readonly string[], expected: readonly string[]): boolean {
  const open = expected.at(-1) === '';
  const begins = open ? expected.slice(0, -1) : expected;
  if (open ? said.length < begins.length : said.length !== begins.length) return false;
  return begins.every((text, i) => said[i]?.startsWith(text) || said[i]?.endsWith(text));
}

describe('the API server says what upstream’s says, and the editor the same', () => {
  it.each(cases)('$title', async ({ manifest, says }) => {
    const verdict = await bothDoors(server, manifest);
    const said = lines(verdict);
    if (!fits(said, says)) expect(said).toEqual(says);
    expect(editorSays(manifest, verdict)).toEqual(verdict.words);
  });

  it('of several hundred manifests, good ones and bad ones', () => {
    expect(cases.length).toBeGreaterThan(300);
    expect(cases.filter(({ says }) => says.length === 0).length).toBeGreaterThan(40);
  });
});
