import { randomBytes, timingSafeEqual } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import * as z from 'zod';
import { addNodeRequest, type AddNodeRequest, type ClusterReport, nodeAction, type NodeAction, shutdownRequest } from './protocol';

/** What the daemon lets its own clients do. Errors with a `userMessage` reach them as text. */
export interface ClusterControl {
  report(): ClusterReport;
  addNode(request: AddNodeRequest): Promise<string>;
  removeNode(name: string): Promise<void>;
  changeNode(name: string, action: NodeAction): Promise<void>;
  /** An editor window has the cluster open, until the release; see WindowHolds. */
  hold(endWithLast: boolean): () => void;
  /** Ends the cluster; resolves when all is cleaned up, the process exits after the answer. */
  shutdown(options: { keep: boolean }): Promise<void>;
}

/** A request that can't be carried out, in words for the user. */
export class ControlError extends Error {
  override readonly name = 'ControlError';
  constructor(message: string, readonly status = 400) {
    super(message);
  }
}

export interface ControlServer {
  port: number;
  token: string;
  close(): void;
}

/** The daemon's own door: loopback HTTP with a bearer token that only the user can read. */
export async function serveControl(control: ClusterControl): Promise<ControlServer> {
  const token = randomBytes(32).toString('hex');
  const server = createServer((request, response) => {
    void answer(control, token, request, response);
  });
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(0, '127.0.0.1', resolve));
  return { port: (server.address() as AddressInfo).port, token, close: () => server.close() };
}

async function answer(control: ClusterControl, token: string, request: IncomingMessage, response: ServerResponse): Promise<void> {
  try {
    if (!sameSecret(request.headers.authorization ?? '', `Bearer ${token}`)) throw new ControlError('unauthorized', 401);
    if (!keepOpen(control, request, response)) send(response, 200, await route(control, request));
  } catch (error) {
    if (error instanceof z.ZodError) send(response, 400, { error: z.prettifyError(error) });
    else send(response, error instanceof ControlError ? error.status : 500, { error: (error as Error).message });
  }
}

/** A request that is answered for as long as its connection lives: an editor that crashes lets go as well. */
function keepOpen(control: ClusterControl, request: IncomingMessage, response: ServerResponse): boolean {
  const { pathname, searchParams } = new URL(request.url ?? '', 'http://daemon');
  if (request.method !== 'GET' || pathname !== '/hold') return false;
  response.once('close', control.hold(searchParams.get('end') === 'true'));
  response.writeHead(200, { 'content-type': 'text/plain' }).flushHeaders();
  return true;
}

async function route(control: ClusterControl, request: IncomingMessage): Promise<unknown> {
  const parts = (request.url ?? '').split('/').slice(1).map(decodeURIComponent);
  switch (`${request.method} ${parts[0] ?? ''}${parts.length > 1 ? '/…' : ''}`) {
    case 'GET report':
      return control.report();
    case 'POST shutdown':
      return control.shutdown(shutdownRequest.parse(await body(request)));
    case 'POST nodes':
      return { name: await control.addNode(addNodeRequest.parse(await body(request))) };
    case 'DELETE nodes/…':
      return control.removeNode(parts[1] ?? '');
    case 'POST nodes/…':
      return control.changeNode(parts[1] ?? '', nodeAction.parse(parts[2]));
    default:
      throw new ControlError(`unknown request ${request.method} ${request.url}`, 404);
  }
}

async function body(request: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  try {
    return JSON.parse(Buffer.concat(chunks).toString() || '{}');
  } catch {
    throw new ControlError('the body is not JSON');
  }
}

function send(response: ServerResponse, status: number, value: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(value ?? {}));
}

function sameSecret(given: string, expected: string): boolean {
  const a = Buffer.from(given);
  const b = Buffer.from(expected);
  return a.length === b.length && timingSafeEqual(a, b);
}
