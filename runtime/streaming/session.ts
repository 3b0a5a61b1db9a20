import type { Duplex, Readable, Writable } from 'node:stream';

/** A terminal's size in character cells. */
export interface TerminalSize {
  width: number;
  height: number;
}

/** What the client asked of exec or attach. */
export interface RemoteCommandOptions {
  stdin: boolean;
  stdout: boolean;
  stderr: boolean;
  tty: boolean;
}

/**
 * One exec or attach as the kubelet sees it, whatever protocol carries it (WebSocket v4/v5.channel.k8s.io, SPDY v1-v4).
 * Streams that were not asked for are undefined. `stdin` ends when the client half-closes it.
 */
export interface RemoteCommandStreams {
  stdin?: Readable;
  stdout?: Writable;
  stderr?: Writable;
  onResize(listener: (size: TerminalSize) => void): void;
  /** Aborted when the client goes away. */
  signal: AbortSignal;
}

/** How a command ended: sent to the client as a `Status` on the error channel. */
export type RemoteCommandResult = { exitCode: number } | { error: string };

/** Serves one exec or attach; the protocol layer sends the result and closes. */
export type RemoteCommandHandler = (streams: RemoteCommandStreams) => Promise<RemoteCommandResult>;

/** Opens one connection to a port in a pod; throws with the message that the client gets on the error stream. */
export type PortForwardDialer = (port: number) => Promise<Duplex>;
