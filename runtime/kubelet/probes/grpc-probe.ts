import { connect, constants } from 'node:http2';
import type { ProbeResult } from './probe-result';

const servingStatuses = ['UNKNOWN', 'SERVING', 'NOT_SERVING', 'SERVICE_UNKNOWN'];
const unimplemented = '12';
const deadlineExceeded = '4';

/** A call of grpc.health.v1.Health/Check without TLS; SERVING is success. */
export function grpcProbe(
  host: string,
  port: number,
  service: string,
  timeoutMs: number,
  userAgent: string,
): Promise<ProbeResult> {
  const address = `${host.includes(':') ? `[${host}]` : host}:${port}`;
  return new Promise((resolve) => {
    const session = connect(`http://${address}`);
    const done = (result: ProbeResult['result'], output: string): void => {
      clearTimeout(timer);
      session.destroy();
      resolve({ result, output });
    };
    const after = `${timeoutMs / 1000}s`;
    const timer = setTimeout(
      () =>
        done('failure', `timeout: failed to connect service "${address}" within ${after}: context deadline exceeded`),
      timeoutMs,
    );
    session.on('error', (error) =>
      done('failure', `error: failed to connect service at "${address}": ${error.message}`),
    );
    const stream = session.request({
      [constants.HTTP2_HEADER_METHOD]: 'POST',
      [constants.HTTP2_HEADER_PATH]: '/grpc.health.v1.Health/Check',
      'content-type': 'application/grpc',
      te: 'trailers',
      'user-agent': userAgent,
      'grpc-timeout': `${timeoutMs}m`,
    });
    const body: Buffer[] = [];
    let code: string | undefined;
    const readCode = (headers: Record<string, unknown>): void => {
      if (headers['grpc-status'] !== undefined) code = String(headers['grpc-status']);
    };
    stream
      .on('response', readCode)
      .on('trailers', readCode)
      .on('data', (chunk: Buffer) => body.push(chunk));
    stream.on('error', (error) => done('failure', `error: health rpc probe failed: ${error.message}`));
    stream.on('end', () => {
      const answer = verdict(code, Buffer.concat(body), after);
      done(answer.result, answer.output);
    });
    stream.end(healthRequest(service));
  });
}

/** A gRPC frame with HealthCheckRequest{service = 1}. */
function healthRequest(service: string): Buffer {
  const name = Buffer.from(service);
  const message = name.length > 0 ? Buffer.concat([Buffer.from([0x0a, name.length]), name]) : Buffer.alloc(0);
  const frame = Buffer.alloc(5);
  frame.writeUInt32BE(message.length, 1);
  return Buffer.concat([frame, message]);
}

function verdict(code: string | undefined, body: Buffer, after: string): ProbeResult {
  if (code === unimplemented)
    return {
      result: 'failure',
      output: 'error: this server does not implement the grpc health protocol (grpc.health.v1.Health)',
    };
  if (code === deadlineExceeded)
    return { result: 'failure', output: `timeout: health rpc did not complete within ${after}` };
  if (code !== '0')
    return { result: 'failure', output: `error: health rpc probe failed: rpc error: code = ${code ?? 'Unknown'}` };
  // HealthCheckResponse{status = 1}, absent for UNKNOWN.
  const status = body.length >= 7 && body[5] === 0x08 ? (body[6] as number) : 0;
  if (status === 1) return { result: 'success', output: 'service healthy' };
  return { result: 'failure', output: `service unhealthy (responded with "${servingStatuses[status] ?? status}")` };
}
