import { Duplex } from 'node:stream';
import {
  FrameReader, HeaderCompressor, HeaderDecompressor, SpdyError, controlFrameBytes, dataFrameHead, flagFin, frameType, resetStatus, words,
} from './spdy-frames';
import type { Frame, Headers } from './spdy-frames';

const maxDataBytes = 32 * 1024;
/** What a stream may hold unread before the whole connection is read no further. */
const streamBufferBytes = 256 * 1024;
/** Consumed bytes after which the peer's window is opened again. */
const windowStep = 32 * 1024;
const pingInterval = 30_000;
const lingerTime = 5_000;

export interface SpdyConnectionOptions {
  /** Which end this is: servers have even stream ids. */
  server: boolean;
  /** A stream that the peer opened; answer it with `accept` or `refuse`. */
  onStream?(stream: SpdyStream): void;
  /** Milliseconds without a frame from the peer after which it is pinged, and given up when that is not answered either. */
  pingIntervalMs?: number;
}

/**
 * A SPDY/3.1 connection over any byte stream, as moby/spdystream speaks it: the peer's flow-control windows are not
 * obeyed, because spdystream never opens them; what holds a writer back is the socket below. Ours are opened as data is
 * consumed, for peers that do obey them.
 * Whatever the peer sends, nothing is thrown: a protocol error ends the connection.
 */
export class SpdyConnection {
  /** Resolves when the connection is over. */
  readonly closed: Promise<void>;
  private readonly reader = new FrameReader();
  private readonly compressor = new HeaderCompressor();
  private readonly decompressor = new HeaderDecompressor();
  private readonly streams = new Map<number, SpdyStream>();
  private readonly backlogged = new Set<SpdyStream>();
  private nextStreamId: number;
  private nextPingId: number;
  private lastPeerStream = 0;
  private ended = false;
  private unanswered = 0;
  private readonly pinger: NodeJS.Timeout;
  private resolveClosed: () => void = () => {};

  constructor(private readonly socket: Duplex, private readonly options: SpdyConnectionOptions) {
    this.nextStreamId = options.server ? 2 : 1;
    this.nextPingId = options.server ? 2 : 1;
    this.closed = new Promise((resolve) => {
      this.resolveClosed = resolve;
    });
    socket.on('data', (chunk: Buffer) => this.receive(chunk));
    socket.on('error', () => this.end());
    socket.on('end', () => this.end());
    socket.on('close', () => this.end());
    this.pinger = setInterval(() => this.ping(), options.pingIntervalMs ?? pingInterval);
    this.pinger.unref();
  }

  /** Opens a stream; resolves once the peer has accepted it. */
  open(headers: Headers, fin = false): Promise<SpdyStream> {
    const id = this.nextStreamId;
    this.nextStreamId += 2;
    const stream = new SpdyStream(this, id, {});
    this.streams.set(id, stream);
    const replied = new Promise<SpdyStream>((resolve, reject) => {
      stream.once('replied', () => resolve(stream));
      stream.once('close', () => reject(new SpdyError('stream refused')));
    });
    const head = Buffer.concat([words(id, 0), Buffer.alloc(2), this.compressor.compress(headers)]);
    this.control(frameType.synStream, fin ? flagFin : 0, head);
    if (this.ended) stream.destroy();
    return replied;
  }

  /**
   * Says goodbye and closes the socket once all is written. What the peer still sends is read and dropped for a moment:
   * a socket closed over unread data is reset, and the peer would lose what it was sent last.
   */
  close(): void {
    if (this.ended) return;
    this.control(frameType.goAway, 0, words(this.lastPeerStream, 0));
    this.ended = true;
    this.socket.end();
    this.socket.resume();
    const timer = setTimeout(() => this.socket.destroy(), lingerTime);
    timer.unref();
    this.socket.once('close', () => clearTimeout(timer));
    this.finish();
  }

  destroy(): void {
    this.socket.destroy();
    this.end();
  }

  private ping(): void {
    if (this.unanswered++ >= 2) return this.destroy();
    this.control(frameType.ping, 0, words(this.nextPingId));
    this.nextPingId = (this.nextPingId + 2) & 0x7fffffff;
  }

  private end(): void {
    if (this.ended) return;
    this.ended = true;
    this.socket.destroy();
    this.finish();
  }

  private finish(): void {
    clearInterval(this.pinger);
    for (const stream of [...this.streams.values()]) stream.lost();
    this.streams.clear();
    this.resolveClosed();
  }

  private receive(chunk: Buffer): void {
    if (this.ended) return;
    this.unanswered = 0;
    try {
      for (const frame of this.reader.push(chunk)) {
        if (this.ended) return;
        this.handle(frame);
      }
    } catch (error) {
      if (!(error instanceof SpdyError)) throw error;
      if (!this.ended) this.control(frameType.goAway, 0, words(this.lastPeerStream, 1));
      this.end();
    }
  }

  private handle(frame: Frame): void {
    switch (frame.type) {
      case 'synStream':
        return this.peerOpened(frame.streamId, this.decompressor.decompress(frame.headerBlock), frame.fin);
      case 'synReply':
      case 'headers': {
        // The block is read whatever its stream: the compression state is the connection's.
        this.decompressor.decompress(frame.headerBlock);
        const stream = this.streams.get(frame.streamId);
        if (frame.type === 'synReply') stream?.emit('replied');
        if (frame.fin) stream?.receiveEnd();
        return;
      }
      case 'data':
        return this.received(frame.streamId, frame.data, frame.fin);
      case 'rstStream':
        this.streams.get(frame.streamId)?.lost();
        this.streams.delete(frame.streamId);
        return;
      case 'ping':
        // Ids of our own parity are answers to our pings.
        if (frame.id % 2 !== this.nextPingId % 2) this.control(frameType.ping, 0, words(frame.id));
        return;
      case 'goAway':
        return;
      default:
        return;
    }
  }

  private peerOpened(id: number, headers: Headers, fin: boolean): void {
    const theirs = id % 2 === (this.options.server ? 1 : 0);
    if (!theirs || id <= this.lastPeerStream) throw new SpdyError(`stream id ${id}`);
    this.lastPeerStream = id;
    const stream = new SpdyStream(this, id, headers);
    this.streams.set(id, stream);
    if (fin) stream.receiveEnd();
    if (this.options.onStream) this.options.onStream(stream);
    else stream.refuse();
  }

  private received(id: number, data: Buffer, fin: boolean): void {
    const stream = this.streams.get(id);
    if (!stream) {
      if (!fin) this.control(frameType.rstStream, 0, words(id, resetStatus.invalidStream));
      return;
    }
    if (data.length > 0) stream.receive(data);
    if (fin) stream.receiveEnd();
  }

  /** Called by streams. */
  control(type: number, flags: number, payload: Buffer): void {
    if (!this.ended && this.socket.writable) this.socket.write(controlFrameBytes(type, flags, payload));
  }

  reply(id: number): void {
    this.control(frameType.synReply, 0, Buffer.concat([words(id), this.compressor.compress({})]));
  }

  /** Calls back once the socket has taken the data: how a slow reader slows the writer down. */
  data(id: number, data: Buffer, fin: boolean, done: (error?: Error) => void): void {
    if (this.ended || !this.socket.writable) return done(new SpdyError('connection closed'));
    if (data.length <= maxDataBytes) {
      this.socket.write(dataFrameHead(id, fin, data.length));
      if (data.length === 0) return done();
      this.socket.write(data, (error) => done(error ?? undefined));
      return;
    }
    this.data(id, data.subarray(0, maxDataBytes), false, (error) => {
      if (error) done(error);
      else this.data(id, data.subarray(maxDataBytes), fin, done);
    });
  }

  windowUpdate(id: number, bytes: number): void {
    this.control(frameType.windowUpdate, 0, words(id, bytes));
  }

  backlog(stream: SpdyStream, waiting: boolean): void {
    if (waiting) this.backlogged.add(stream);
    else this.backlogged.delete(stream);
    if (this.backlogged.size > 0) this.socket.pause();
    else if (this.socket.isPaused()) this.socket.resume();
  }

  forget(stream: SpdyStream): void {
    this.streams.delete(stream.id);
    this.backlog(stream, false);
  }
}

/** One stream: a Duplex whose two directions end independently. */
export class SpdyStream extends Duplex {
  private readonly pending: Buffer[] = [];
  private pendingBytes = 0;
  private wanted = false;
  private peerEnded = false;
  private consumed = 0;

  constructor(private readonly connection: SpdyConnection, readonly id: number, readonly headers: Headers) {
    super({ allowHalfOpen: true, autoDestroy: true });
    // A stream that nobody listens to must not bring the process down; readers learn of a loss by 'close'.
    this.on('error', () => {});
  }

  accept(): void {
    this.connection.reply(this.id);
  }

  refuse(): void {
    this.reset(resetStatus.refusedStream);
  }

  /** Ends both directions at once. */
  reset(status: number = resetStatus.cancel): void {
    this.connection.control(frameType.rstStream, 0, words(this.id, status));
    this.lost();
  }

  receive(data: Buffer): void {
    if (this.peerEnded || this.destroyed) return;
    this.pending.push(data);
    this.pendingBytes += data.length;
    if (this.wanted) this.deliver();
    if (this.pendingBytes > streamBufferBytes) this.connection.backlog(this, true);
  }

  receiveEnd(): void {
    if (this.peerEnded) return;
    this.peerEnded = true;
    if (this.wanted) this.deliver();
  }

  /** The connection or the stream is gone: no more comes, no more goes. */
  lost(): void {
    this.destroy();
  }

  override _read(): void {
    this.wanted = true;
    this.deliver();
  }

  private deliver(): void {
    while (this.wanted && this.pending.length > 0) {
      const data = this.pending.shift()!;
      this.pendingBytes -= data.length;
      this.acknowledge(data.length);
      // push may call _read, which wants more: only that may say so when push itself says no.
      this.wanted = false;
      if (this.push(data)) this.wanted = true;
    }
    if (this.pendingBytes <= streamBufferBytes) this.connection.backlog(this, false);
    if (this.peerEnded && this.pending.length === 0 && this.wanted) {
      this.wanted = false;
      this.push(null);
    }
  }

  private acknowledge(bytes: number): void {
    this.consumed += bytes;
    if (this.consumed < windowStep || this.peerEnded) return;
    this.connection.windowUpdate(this.id, this.consumed);
    this.consumed = 0;
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: (error?: Error) => void): void {
    this.connection.data(this.id, chunk, false, done);
  }

  override _final(done: (error?: Error) => void): void {
    this.connection.data(this.id, Buffer.alloc(0), true, () => done());
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this.connection.forget(this);
    done(error);
  }
}
