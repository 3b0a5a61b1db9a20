import { describe, expect, it } from 'vitest';
import type { DebugSession } from 'vscode';
import { sessionKey } from './debug-sessions-key';
import { detachOnly } from './detach-only';

const session = (configuration: object, parentSession?: object): DebugSession =>
  ({ configuration, parentSession }) as unknown as DebugSession;
const ours = session({ [sessionKey]: '1' });

function passed(to: DebugSession, message: object): object {
  const sent = structuredClone(message);
  detachOnly(to)?.onWillReceiveMessage?.(sent);
  return sent;
}

describe('the end of a session in a pod', () => {
  it.each([
    ['the session itself', ours],
    ['that of its process', session({}, ours)],
  ])('never ends the program: %s', (_, at) => {
    expect(passed(at, { type: 'request', command: 'terminate', arguments: { restart: false } })).toEqual({
      type: 'request',
      command: 'disconnect',
      arguments: { restart: false, terminateDebuggee: false },
    });
    expect(passed(at, { type: 'request', command: 'disconnect', arguments: { terminateDebuggee: true } })).toEqual({
      type: 'request',
      command: 'disconnect',
      arguments: { terminateDebuggee: false },
    });
  });

  it('leaves other messages and other sessions alone', () => {
    expect(passed(ours, { type: 'request', command: 'continue', arguments: { threadId: 1 } })).toEqual({
      type: 'request',
      command: 'continue',
      arguments: { threadId: 1 },
    });
    expect(detachOnly(session({ type: 'node' }))).toBeUndefined();
  });
});
