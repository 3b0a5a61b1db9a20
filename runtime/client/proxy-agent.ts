import { request as httpRequest } from 'node:http';
import { Agent, request as httpsRequest } from 'node:https';
import type { AgentOptions, RequestOptions } from 'node:https';
import { isIP } from 'node:net';
import type { Duplex } from 'node:stream';
import { connect as connectTls } from 'node:tls';

type Done = (error: Error | null, stream: Duplex) => void;

/** An agent whose connections are tunnelled through an HTTP proxy (CONNECT). */
export function proxyAgent(proxy: URL, tls: AgentOptions): Agent {
  const createConnection = (target: RequestOptions, done?: Done): undefined => tunnel(proxy, tls, target, done);
  return Object.assign(new Agent(tls), { createConnection });
}

function tunnel(proxy: URL, tls: AgentOptions, target: RequestOptions, done: Done | undefined): undefined {
  const host = target.host ?? 'localhost';
  const path = `${host.includes(':') ? `[${host}]` : host}:${target.port ?? 443}`;
  const secure = proxy.protocol === 'https:';
  const request = secure ? httpsRequest : httpRequest;
  // Node.js reads no stream when there is an error.
  const fail = (error: Error) => done?.(error, undefined as unknown as Duplex);
  request({
    host: proxy.hostname, port: proxy.port || (secure ? 443 : 80), method: 'CONNECT', path,
    headers: { host: path, ...proxyAuthorization(proxy) }, agent: false,
  })
    .once('connect', (response, socket) => {
      if (response.statusCode === 200) {
        const servername = tls.servername ?? (isIP(host) ? '' : host);
        done?.(null, connectTls({ ...tls, socket, host, servername }));
        return;
      }
      socket.destroy();
      fail(new Error(`proxy ${proxy.host} refused the connection: ${response.statusCode} ${response.statusMessage}`));
    })
    .once('error', fail)
    .end();
  return undefined;
}

function proxyAuthorization({ username, password }: URL): Record<string, string> {
  if (!username) return {};
  const pair = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
  return { 'proxy-authorization': `Basic ${Buffer.from(pair).toString('base64')}` };
}
