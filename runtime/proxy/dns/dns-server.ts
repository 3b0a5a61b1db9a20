import { createSocket, type Socket as UdpSocket } from 'node:dgram';
import { once } from 'node:events';
import { createServer, type Server, type Socket } from 'node:net';
import { type Answer, AUTHORITATIVE_ANSWER, decode, encode, type Packet, RECURSION_AVAILABLE, RECURSION_DESIRED, streamEncode, TRUNCATED_RESPONSE } from 'dns-packet';
import type { Logger } from '../../log';
import { type ClusterView, resolveClusterName, ttl } from './cluster-records';
import type { Forwarder } from './forwarder';

export interface DnsServerOptions {
  /** Address to answer at; on this node. */
  address: string;
  port: number;
  view: ClusterView;
  forwarder: Forwarder;
  logger: Logger;
}

const rcodes = { NOERROR: 0, FORMERR: 1, SERVFAIL: 2, NXDOMAIN: 3 } as const;
const classicUdpSize = 512;
const maxUdpSize = 1232;
/** A port that is free for UDP may be taken for TCP; then another one is tried. */
const freePortAttempts = 10;

/** The cluster's DNS on one node: answers for the cluster's domain, asks the node's resolvers for the rest. */
export class DnsServer {
  private constructor(private readonly options: DnsServerOptions, private readonly udp: UdpSocket, private readonly tcp: Server) {}

  static async listen(options: DnsServerOptions): Promise<DnsServer> {
    for (let attempts = options.port === 0 ? freePortAttempts : 1; ; attempts--) {
      try {
        return await DnsServer.bind(options);
      } catch (error) {
        if (attempts === 1 || (error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error;
      }
    }
  }

  private static async bind(options: DnsServerOptions): Promise<DnsServer> {
    const udp = createSocket('udp4');
    const tcp = createServer();
    const server = new DnsServer(options, udp, tcp);
    udp.on('message', (message, peer) => void server.answerUdp(message, (reply) => udp.send(reply, peer.port, peer.address)));
    tcp.on('connection', (socket) => server.serveTcp(socket));
    udp.bind(options.port, options.address);
    await once(udp, 'listening');
    tcp.listen(udp.address().port, options.address);
    try {
      await once(tcp, 'listening');
    } catch (error) {
      udp.close();
      throw error;
    }
    return server;
  }

  get port(): number {
    return this.udp.address().port;
  }

  close(): void {
    this.udp.close();
    this.tcp.close();
  }

  private async answerUdp(message: Buffer, send: (reply: Buffer) => void): Promise<void> {
    const reply = await this.answer(message, 'udp');
    if (!reply) return;
    const size = Math.min(requestedSize(message), maxUdpSize);
    const encoded = encode(reply);
    send(encoded.length <= size ? encoded : encode({ ...reply, flags: (reply.flags ?? 0) | TRUNCATED_RESPONSE, answers: [], authorities: [] }));
  }

  private serveTcp(socket: Socket): void {
    let received: Buffer = Buffer.alloc(0);
    socket.setTimeout(10_000, () => socket.destroy()).on('error', () => socket.destroy());
    socket.on('data', (chunk) => {
      received = Buffer.concat([received, chunk]);
      while (received.length >= 2 && received.length >= 2 + received.readUInt16BE(0)) {
        const end = 2 + received.readUInt16BE(0);
        const message = received.subarray(2, end);
        received = received.subarray(end);
        void this.answer(message, 'tcp').then((reply) => {
          if (reply && socket.writable) socket.write(streamEncode(reply));
        });
      }
    });
  }

  /** The reply, or undefined for what is no DNS query. */
  private async answer(message: Buffer, transport: 'udp' | 'tcp'): Promise<Packet | undefined> {
    const query = parse(message);
    const question = query?.questions?.[0];
    if (!query || query.type !== 'query') return undefined;
    const reply: Packet = { type: 'response', id: query.id ?? 0, questions: query.questions ?? [], flags: RECURSION_AVAILABLE | ((query.flags ?? 0) & RECURSION_DESIRED) };
    if (!question) return withCode(reply, 'FORMERR');
    const own = resolveClusterName(question, this.options.view);
    if (!own) return this.forward(message, query, reply, transport);
    const target = own.answers[0]?.type === 'CNAME' && question.type !== 'CNAME' ? await this.follow(own.answers[0].data, question.type as 'A') : [];
    return withCode(
      {
        ...reply,
        flags: (reply.flags ?? 0) | AUTHORITATIVE_ANSWER,
        answers: shuffled([...own.answers, ...target]),
        ...(own.answers.length === 0 && { authorities: [this.authority()] }),
      },
      own.rcode,
    );
  }

  private async forward(message: Buffer, query: Packet, reply: Packet, transport: 'udp' | 'tcp'): Promise<Packet> {
    const answer = await this.options.forwarder.ask(message, transport);
    const decoded = answer && parse(answer);
    return decoded ? { ...decoded, id: query.id ?? 0 } : withCode(reply, 'SERVFAIL');
  }

  /** Resolves the target of an ExternalName; nothing when it can't be. */
  private async follow(name: string, type: 'A'): Promise<Answer[]> {
    const query = encode({ type: 'query', id: 1, flags: RECURSION_DESIRED, questions: [{ type, name }] });
    const answer = await this.options.forwarder.ask(query, 'udp');
    return (answer && parse(answer)?.answers) || [];
  }

  /** Tells resolvers how long to remember that there is no such record. */
  private authority(): Answer {
    const { domain } = this.options.view;
    const data = { mname: `ns.dns.${domain}`, rname: `hostmaster.${domain}`, serial: 1, refresh: 7200, retry: 1800, expire: 86400, minimum: ttl };
    return { type: 'SOA', name: domain, ttl, data };
  }
}

/** Undefined for bytes that are not DNS; a malformed packet must not end the server. */
export function parse(message: Buffer): Packet | undefined {
  try {
    return decode(message);
  } catch {
    return undefined;
  }
}

function requestedSize(message: Buffer): number {
  const option = parse(message)?.additionals?.find(({ type }) => (type as string) === 'OPT') as { udpPayloadSize?: number } | undefined;
  return Math.max(classicUdpSize, option?.udpPayloadSize ?? classicUdpSize);
}

function withCode(packet: Packet, code: keyof typeof rcodes): Packet {
  return { ...packet, flags: (packet.flags ?? 0) | rcodes[code] };
}

/** Clients take the first address; a random order spreads them over headless endpoints. A leading CNAME stays first. */
function shuffled(answers: Answer[]): Answer[] {
  if (answers[0]?.type === 'CNAME') return answers;
  return answers.map((answer) => ({ answer, order: Math.random() })).sort((a, b) => a.order - b.order).map(({ answer }) => answer);
}
