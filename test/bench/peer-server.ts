import { createServer } from 'node:https';
import { readFileSync } from 'node:fs';

/**
 * The peer of the API figures: a bare Node.js HTTPS server on the same machine that sends the same bytes and does nothing
 * else. What it reaches is the ceiling of this platform. Reads its job from standard input, prints its port.
 */
interface PeerJob {
  cert: string;
  key: string;
  bodies: Record<string, string>;
}

const job = JSON.parse(readFileSync(0, 'utf8')) as PeerJob;
const bodies = new Map(Object.entries(job.bodies).map(([path, body]) => [path, Buffer.from(body)]));

const server = createServer({ cert: job.cert, key: job.key, keepAliveTimeout: 120_000 }, (request, response) => {
  const body = bodies.get(request.url ?? '') ?? Buffer.from('{}');
  const answer = (): void => {
    response.writeHead(request.method === 'POST' ? 201 : 200, { 'Content-Type': 'application/json', 'Content-Length': body.length }).end(body);
  };
  if (request.method === 'POST') request.on('end', answer).resume();
  else answer();
});
server.listen(0, '127.0.0.1', () => {
  const address = server.address();
  process.stdout.write(`${typeof address === 'object' ? address?.port : ''}\n`);
});
process.on('SIGTERM', () => process.exit(0));
