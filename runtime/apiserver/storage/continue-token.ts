import { errors, statusError, StatusError } from '../../api/status';
import type { Revision } from '../../store/store';

export interface ContinueToken {
  /** Revision of the list that began; -1 after an inconsistent token: read the newest state. */
  revision: Revision;
  /** The last key that was returned. */
  after: string;
}

const apiVersion = 'meta.k8s.io/v1';

/** The form upstream has: the start key is the first that can follow the last one returned. */
export function encodeContinue({ revision, after }: ContinueToken): string {
  return Buffer.from(JSON.stringify({ v: apiVersion, rv: revision, start: `${after}\u0000` })).toString('base64url');
}

export function decodeContinue(text: string): ContinueToken {
  if (!/^[A-Za-z0-9_-]+$/.test(text)) throw invalid('illegal base64 data at input byte 0');
  let token: { v?: unknown; rv?: unknown; start?: unknown };
  try {
    token = JSON.parse(Buffer.from(text, 'base64url').toString()) as typeof token;
  } catch {
    throw invalid('invalid character in token');
  }
  if (token === null || typeof token !== 'object' || token.v !== apiVersion) {
    throw invalid(`server does not recognize this encoded version ${JSON.stringify(String(token?.v ?? ''))}`);
  }
  if (typeof token.rv !== 'number' || !Number.isSafeInteger(token.rv) || token.rv === 0) {
    throw invalid('incorrect encoded start resourceVersion (version meta.k8s.io/v1)');
  }
  if (typeof token.start !== 'string' || token.start === '') throw invalid('encoded start key empty (version meta.k8s.io/v1)');
  if (token.start.startsWith('/') || token.start.split('/').includes('..')) throw invalid((token.start));
  return { revision: token.rv, after: token.start.endsWith('\u0000') ? token.start.slice(0, -1) : token.start };
}

const invalid = (why: string): StatusError => errors.badRequest(`continue key is not valid: ${why}`);

/** 410 with a token that goes on at the newest state, as upstream offers it. */
export function expiredContinue(after: string): StatusError {
  const { status } = statusError(
    'Expired',
    'The provided continue parameter is too old to display a consistent list result. You can start a new list without ' +
      'the continue parameter, or use the continue token in this response to retrieve the remainder of the results. ' +
      'Continuing with the provided token results in an inconsistent list - objects that were created, modified, or ' +
      'deleted between the time the first chunk was returned and now may show up in the list.',
  );
  return new StatusError({ ...status, metadata: { continue: encodeContinue({ revision: -1, after }) } });
}
