import { connect, type Socket } from 'node:net';

interface Message {
  type: string;
  event?: string;
  request_seq?: number;
  success?: boolean;
  message?: string;
  body?: Record<string, unknown>;
}

type Answer = { resolve: (body: Record<string, unknown>) => void; reject: (error: Error) => void };

/** A debugger's side of the Debug Adapter Protocol, as an editor speaks it, over a TCP port. */
export class DapClient {
  private readonly answers = new Map<number, Answer>();
  private readonly events: Message[] = [];
  private readonly waiting: { event: string; resolve: (message: Message) => void }[] = [];
  private received = Buffer.alloc(0);
  private sequence = 0;

  /** Resolves when the debugger is gone. */
  readonly closed: Promise<void>;

  private constructor(private readonly socket: Socket) {
    this.closed = new Promise((resolve) => socket.once('close', () => resolve()));
    socket.on('data', (chunk: Buffer) => this.take(chunk)).on('error', () => {});
    socket.on('close', () => {
      for (const { reject } of this.answers.values()) reject(new Error('the debugger closed the connection'));
    });
  }

  static connect(port: number): Promise<DapClient> {
    return new Promise((resolve, reject) => {
      const socket = connect(port, '127.0.0.1', () => resolve(new DapClient(socket))).on('error', reject);
    });
  }

  request(command: string, args: object = {}): Promise<Record<string, unknown>> {
    const seq = ++this.sequence;
    const body = JSON.stringify({ seq, type: 'request', command, arguments: args });
    this.socket.write(`Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`);
    return new Promise((resolve, reject) => this.answers.set(seq, { resolve, reject }));
  }

  /** The next event of that name, of those that came already as well. */
  async event(name: string): Promise<Record<string, unknown>> {
    const index = this.events.findIndex(({ event }) => event === name);
    if (index >= 0) return this.events.splice(index, 1)[0]?.body ?? {};
    return (await new Promise<Message>((resolve) => this.waiting.push({ event: name, resolve }))).body ?? {};
  }

  /** Attaches with one breakpoint. Throws what the debugger says. */
  async attach(args: object, path: string, line: number): Promise<void> {
    await this.request('initialize', {
      adapterID: 'podium',
      pathFormat: 'path',
      linesStartAt1: true,
      columnsStartAt1: true,
    });
    const attached = this.request('attach', { type: 'podium', request: 'attach', name: 'test', ...args });
    attached.catch(() => {});
    await Promise.race([this.event('initialized'), attached.then(() => this.event('initialized'))]);
    await this.request('setBreakpoints', { source: { path }, breakpoints: [{ line }] });
    await this.request('configurationDone');
    await attached;
  }

  /** Where a thread stopped, and what an expression is there. */
  async stopped(expression: string): Promise<{ threadId: number; path: string; line: number; value: string }> {
    const { threadId } = (await this.event('stopped')) as { threadId: number };
    const { stackFrames } = (await this.request('stackTrace', { threadId, startFrame: 0, levels: 1 })) as {
      stackFrames: { id: number; line: number; source: { path: string } }[];
    };
    const [frame] = stackFrames;
    if (!frame) throw new Error('a thread stopped without frames');
    const { result } = (await this.request('evaluate', { expression, frameId: frame.id, context: 'watch' })) as {
      result: string;
    };
    return { threadId, path: frame.source.path, line: frame.line, value: result };
  }

  /** Goes without a word, as an editor that was killed. */
  die(): void {
    this.socket.destroy();
  }

  private take(chunk: Buffer): void {
    this.received = Buffer.concat([this.received, chunk]);
    for (;;) {
      const end = this.received.indexOf('\r\n\r\n');
      if (end < 0) return;
      const length = Number(/Content-Length: (\d+)/.exec(this.received.subarray(0, end).toString())?.[1]);
      if (this.received.length < end + 4 + length) return;
      const message = JSON.parse(this.received.subarray(end + 4, end + 4 + length).toString()) as Message;
      this.received = this.received.subarray(end + 4 + length);
      this.dispatch(message);
    }
  }

  private dispatch(message: Message): void {
    if (message.type === 'response') {
      const answer = this.answers.get(message.request_seq ?? 0);
      this.answers.delete(message.request_seq ?? 0);
      if (message.success) answer?.resolve(message.body ?? {});
      else answer?.reject(new Error(message.message ?? 'refused'));
      return;
    }
    const index = this.waiting.findIndex(({ event }) => event === message.event);
    if (index >= 0) this.waiting.splice(index, 1)[0]?.resolve(message);
    else this.events.push(message);
  }
}
