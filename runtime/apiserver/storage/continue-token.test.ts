import { describe, expect, it } from 'vitest';
import { decodeContinue, encodeContinue, expiredContinue } from './continue-token';

const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');

describe('continue tokens', () => {
  it('say where to go on and at which revision', () => {
    expect(decodeContinue(encodeContinue({ revision: 7, after: 'default/web' }))).toEqual({ revision: 7, after: 'default/web' });
  });

  it('have the form that upstream gives them', () => {
    const text = Buffer.from(encodeContinue({ revision: 7, after: 'a/b' }), 'base64url').toString();
    expect(JSON.parse(text)).toEqual({ v: 'meta.k8s.io/v1', rv: 7, start: 'a/b\u0000' });
  });

  it.each([
    ['!', 'illegal base64 data'],
    [encode({ v: 'v9', rv: 1, start: 'a' }), 'does not recognize this encoded version "v9"'],
    [encode({ v: 'meta.k8s.io/v1', rv: 0, start: 'a' }), 'incorrect encoded start resourceVersion'],
    [encode({ v: 'meta.k8s.io/v1', rv: 1, start: '' }), 'encoded start key empty'],
    [encode({ v: 'meta.k8s.io/v1', rv: 1, start: '../x' }), 'continue key is not valid'],
    [encode(null), 'continue key is not valid'],
  ])('%s is refused', (token, message) => {
    expect(() => decodeContinue(token)).toThrow(message);
  });

  it('that came too late bring one that goes on without consistency', () => {
    const { status } = expiredContinue('a/b');
    expect(status).toMatchObject({ code: 410, reason: 'Expired' });
    expect(decodeContinue(status.metadata.continue!)).toEqual({ revision: -1, after: 'a/b' });
  });
});
