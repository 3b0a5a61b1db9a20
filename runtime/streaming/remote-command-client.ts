import type { Readable, Writable } from 'node:stream';
import { finished } from 'node:stream/promises';
import type { WebSocket } from 'ws';
import { WebSocketChannels } from './channels';
import { parseCommandStatus, terminalSizeText } from './command-status';
import type { RemoteCommandResult, TerminalSize } from './session';

/** What a client offers to exec and attach, best first. */
export const remoteCommandProtocols = ['v5.channel.k8s.io', 'v4.channel.k8s.io'];

/** One exec or attach as its client sees it. */
export interface RemoteCommandSession {
  /** Ending it ends the command's standard input (v5; before that only closing the connection does). */
  readonly stdin: Writable;
  readonly stdout: Readable;
  readonly stderr: Readable;
  resize(size: TerminalSize): void;
  /** How it ended, once all output that somebody listens to has been read. Never rejects. */
  readonly result: Promise<RemoteCommandResult>;
  close(): void;
}

/** Speaks v5 or v4 of channel.k8s.io on an open WebSocket to `pods/exec` or `pods/attach`. */
export function connectRemoteCommand(webSocket: WebSocket): RemoteCommandSession {
  webSocket.on('error', () => webSocket.terminate());
  const channels = new WebSocketChannels(webSocket, { base64: false, halfClose: webSocket.protocol === 'v5.channel.k8s.io' });
  const stdout = channels.readable(1);
  const stderr = channels.readable(2);
  const errorText: Buffer[] = [];
  channels.readable(3).on('data', (chunk: Buffer) => errorText.push(chunk));
  const result = channels.closed.then(async (): Promise<RemoteCommandResult> => {
    await Promise.all([read(stdout), read(stderr)]);
    const text = Buffer.concat(errorText).toString();
    return text === '' ? { error: 'the connection was closed before the command ended' } : parseCommandStatus(text);
  });
  return {
    stdin: channels.writable(0, true),
    stdout,
    stderr,
    resize: (size) => channels.send(4, Buffer.from(terminalSizeText(size))),
    result,
    close: () => channels.close(),
  };
}

async function read(stream: Readable): Promise<void> {
  // Nobody listens: there is nothing to wait for.
  if (stream.readableFlowing === null && stream.listenerCount('readable') === 0) return;
  await finished(stream, { writable: false }).catch(() => {});
}
