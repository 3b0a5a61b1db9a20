import type { IncomingMessage } from 'node:http';
import { errors } from '../../api/status';
import type { ConnectTarget } from '../http/connect';
import type { Backends } from './backend';
import { kubeletOf, type Destination } from './destination';
import { requestErrorText } from './dial-error';
import { requestHeaders } from './headers';
import { plainError } from './kubelet-answer';
import { answerOf, passAnswer } from './respond';
import { createRewriter, joinPath } from './rewrite';
import { upgradeHeaders, upgradeTo } from './upgrade';

/** Hands an exec, attach or port-forward on to the kubelet of a node. Streams pass untouched: this server speaks none. */
export async function forwardStreams(
  backends: Backends, node: string, path: string, request: IncomingMessage, target: ConnectTarget,
): Promise<void> {
  if ('response' in target) throw errors.badRequest('Upgrade request required');
  await forwardUpgrade(() => kubeletOf(backends, node), path, request, target);
}

async function forwardUpgrade(
  destination: () => Destination | Promise<Destination>, path: string, request: IncomingMessage,
  { socket, head }: Exclude<ConnectTarget, { response: unknown }>,
): Promise<void> {
  let at: Destination | undefined;
  try {
    at = await destination();
    const headers = requestHeaders(request, upgradeHeaders(request));
    const outgoing = await at.send({ method: request.method ?? 'GET', path, headers });
    await upgradeTo(outgoing, request, socket, head);
  } catch (error) {
    throw plainError(`error dialing backend: ${requestErrorText(at?.host ?? '', at?.port ?? 0, error as Error)}`);
  }
}

/**
 * Proxies a request to a pod, a Service's endpoint or a node, upgrades included. `path` is the decoded path at the
 * destination; the answer's links lead through the proxy again.
 */
export async function proxyRequest(
  destination: () => Destination | Promise<Destination>, path: string, request: IncomingMessage, target: ConnectTarget,
): Promise<void> {
  const { pathname, search } = splitUrl(request.url ?? '/');
  if (!('response' in target)) {
    return forwardUpgrade(destination, `${escapePath(path) || '/'}${search}`, request, target);
  }
  // Relative links of a page are relative to a folder only with the slash.
  if (path === '' && (request.method === 'GET' || request.method === 'HEAD')) {
    target.response.writeHead(301, { location: `${pathname}/${search}`, 'content-length': 0 }).end();
    return;
  }
  const prefix = path !== '' && pathname.endsWith(path) ? pathname.slice(0, -path.length) : pathname;
  let at: Destination | undefined;
  try {
    at = await destination();
    const headers = requestHeaders(request, { 'X-Forwarded-Uri': joinPath(prefix, escapePath(path)) });
    const outgoing = await at.send({ method: request.method ?? 'GET', path: `${escapePath(path) || '/'}${search}`, headers });
    const exchange = { outgoing, request, response: target.response };
    const incoming = await answerOf(exchange);
    if (!incoming) return;
    const ownHosts = [`${at.host}:${at.port}`, at.host, request.headers.host ?? ''];
    await passAnswer(incoming, exchange, createRewriter({ prefix, ownHosts }));
  } catch (error) {
    if (target.response.headersSent) return void target.response.destroy();
    throw errors.serviceUnavailable(`error trying to reach service: ${requestErrorText(at?.host ?? '', at?.port ?? 0, error as Error)}`);
  }
}

function splitUrl(url: string): { pathname: string; search: string } {
  const question = url.indexOf('?');
  const path = question < 0 ? url : url.slice(0, question);
  return { pathname: decode(path), search: question < 0 ? '' : url.slice(question) };
}

function decode(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}

/** A decoded path as it is sent (Go's URL.EscapedPath). */
export function escapePath(path: string): string {
  return encodeURIComponent(path)
    .replace(/%(24|26|2B|2C|2F|3A|3B|3D|40)/g, (code) => decodeURIComponent(code))
    .replace(/[!'()*]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`);
}
