import { Readable, Writable } from 'node:stream';
import type { RawData, WebSocket } from 'ws';

/** What a channel may hold unread before the WebSocket is read no further. */
const channelBufferBytes = 256 * 1024;
const closeSignal = 255;

export interface ChannelFormat {
  /** Text messages: the channel as a digit, then base64. */
  base64: boolean;
  /** v5: a message on channel 255 ends the channel that its one byte names. */
  halfClose: boolean;
}

/** A WebSocket whose messages begin with the number of a channel (channel.k8s.io): a stream a channel and direction. */
export class WebSocketChannels {
  /** Resolves when the connection is over. */
  readonly closed: Promise<void>;
  private readonly inbound = new Map<number, InboundChannel>();
  private readonly blocked = new Set<InboundChannel>();

  constructor(private readonly webSocket: WebSocket, private readonly format: ChannelFormat) {
    webSocket.on('message', (data) => this.receive(data));
    this.closed = new Promise((resolve) => webSocket.once('close', () => {
      for (const channel of this.inbound.values()) channel.finish();
      resolve();
    }));
  }

  get open(): boolean {
    return this.webSocket.readyState === this.webSocket.OPEN;
  }

  readable(number: number): Readable {
    const channel = new InboundChannel((full) => this.block(channel, full));
    this.inbound.set(number, channel);
    if (!this.open) channel.finish();
    return channel;
  }

  /** With `signalsEnd`, ending the stream is said to the peer: what clients do, and servers don't. */
  writable(number: number, signalsEnd = false): Writable {
    const stream = new Writable({
      write: (chunk: Buffer, _encoding, done) => this.send(number, chunk, done),
      final: (done) => {
        if (signalsEnd && this.format.halfClose && this.open) this.send(closeSignal, Buffer.from([number]), () => done());
        else done();
      },
    });
    // Who writes learns of a lost connection by the abort signal.
    stream.on('error', () => {});
    return stream;
  }

  /** Calls back once the socket has taken the message. */
  send(number: number, content: Buffer, done: (error?: Error) => void = () => {}): void {
    if (!this.open) return done(new Error('connection closed'));
    const message = this.format.base64
      ? String(number) + content.toString('base64')
      : Buffer.concat([Buffer.from([number]), content]);
    this.webSocket.send(message, (error) => done(error ?? undefined));
  }

  close(code = 1000): void {
    // What the peer still sends must be read for its close frame to be found.
    this.blocked.clear();
    this.webSocket.resume();
    for (const channel of this.inbound.values()) channel.discard();
    this.webSocket.close(code);
  }

  private receive(data: RawData): void {
    const message = Buffer.isBuffer(data) ? data : Buffer.concat(Array.isArray(data) ? data : [Buffer.from(data)]);
    if (message.length === 0) return;
    const number = this.format.base64 ? message[0]! - 0x30 : message[0]!;
    const content = message.subarray(1);
    if (this.format.halfClose && number === closeSignal) this.inbound.get(content[0] ?? -1)?.finish();
    else this.inbound.get(number)?.receive(this.format.base64 ? Buffer.from(content.toString('latin1'), 'base64') : content);
  }

  private block(channel: InboundChannel, full: boolean): void {
    if (full) this.blocked.add(channel);
    else this.blocked.delete(channel);
    if (this.blocked.size > 0) this.webSocket.pause();
    else if (this.webSocket.isPaused) this.webSocket.resume();
  }
}

class InboundChannel extends Readable {
  private pending: Buffer[] = [];
  private pendingBytes = 0;
  private wanted = false;
  private finished = false;
  private dropping = false;

  constructor(private readonly onFull: (full: boolean) => void) {
    super();
    this.on('error', () => {});
  }

  receive(content: Buffer): void {
    if (this.finished || this.dropping || this.destroyed || content.length === 0) return;
    this.pending.push(content);
    this.pendingBytes += content.length;
    this.deliver();
    if (this.pendingBytes > channelBufferBytes) this.onFull(true);
  }

  finish(): void {
    this.finished = true;
    this.deliver();
  }

  discard(): void {
    this.dropping = true;
    this.pending = [];
    this.pendingBytes = 0;
    this.finish();
  }

  override _read(): void {
    this.wanted = true;
    this.deliver();
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this.pending = [];
    this.pendingBytes = 0;
    this.onFull(false);
    done(error);
  }

  private deliver(): void {
    while (this.wanted && this.pending.length > 0) {
      const content = this.pending.shift()!;
      this.pendingBytes -= content.length;
      this.wanted = false;
      if (this.push(content)) this.wanted = true;
    }
    if (this.pendingBytes <= channelBufferBytes) this.onFull(false);
    if (this.finished && this.pending.length === 0 && this.wanted) {
      this.wanted = false;
      this.push(null);
    }
  }
}
