import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import type { TLSSocket } from 'node:tls';
import { errors } from '../../api/status';
import type { Clock } from '../../clock';
import type { Logger } from '../../log';
import { admissionAttributes } from '../registry/admission';
import type { Core } from '../registry/core';
import { connectObject, dispatch, notServed } from '../registry/dispatch';
import type { Handlers } from '../registry/dispatch';
import type { Aggregator } from '../aggregation';
import type { Authenticator, Authorizer, Credentials, UserInfo } from '../request';
import type { ResourceCache } from '../storage/resource-cache';
import { FrameEncoder } from '../watch/frames';
import { streamWatch } from '../watch/http-watch';
import { webSocketWatch } from '../watch/websocket-watch';
import type { ApiRequest, ApiResult, View } from './api-request';
import { connectKind } from './connect';
import type { ConnectHandler, ConnectTarget } from './connect';
import { connectOptions } from './connect-options';
import { chooseRepresentation, encodeResult } from './encode';
import { forbidden } from './forbidden';
import { negotiate, notAcceptable } from './negotiate';
import type { Representation } from './negotiate';
import { checkTimeout, queryString } from './query';
import { readBody } from './read-body';
import { RequestParser } from './request-info';
import type { ParsedRequest } from './request-info';
import { indent, isPretty, send, sendLarge, sendStatus, statusOf, wantsCompression, warningHeader } from './respond';

export interface PipelineOptions {
  core: Core;
  handlers: Handlers;
  authenticator: Authenticator;
  authorizer: Authorizer;
  impersonate?: (user: UserInfo, headers: IncomingMessage['headersDistinct'], authorizer: Authorizer) => UserInfo;
  connect?: ConnectHandler;
  /** Hands on what other API servers answer. */
  aggregator?: Pick<Aggregator, 'answeredElsewhere' | 'forward'>;
  /** Answers what isn't about a resource: discovery, version, health, metrics. */
  system(request: ApiRequest, accepted: readonly Representation[], httpRequest: IncomingMessage): ApiResult | Promise<ApiResult>;
  cacheOf(view: View): ResourceCache | undefined;
  clock: Clock;
  logger: Logger;
}

const impersonationHeaders = ['impersonate-user', 'impersonate-group', 'impersonate-uid'];

/**
 * The way of a request: parse, authenticate, impersonate, authorize, read, dispatch, answer. As long as every step
 * answers synchronously, so does the whole: a cached GET takes one turn of the event loop.
 */
export class Pipeline {
  private readonly parser = new RequestParser();
  private readonly certificates = new WeakMap<object, { der: Buffer | undefined; refused: boolean }>();

  constructor(private readonly options: PipelineOptions) {}

  handle(request: IncomingMessage, response: ServerResponse): void {
    try {
      const parsed = this.parser.parse(request.method!, request.url!);
      const user = this.options.authenticator.authenticate(this.credentials(request));
      if (user instanceof Promise) {
        user
          .then((found) => this.authorized(request, response, parsed, found))
          .catch((error: unknown) => this.fail(request, response, error));
      } else this.authorized(request, response, parsed, user);
    } catch (error) {
      this.fail(request, response, error);
    }
  }

  /** A request that asks for another protocol. */
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    this.upgraded(request, socket, head).catch((error: unknown) => {
      const status = statusOf(error, (unexpected) => this.report(unexpected, request));
      const body = JSON.stringify(status);
      socket.end(
        `HTTP/1.1 ${status.code ?? 500} ${status.reason ?? 'Error'}\r\nContent-Type: application/json\r\n` +
          `Content-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`,
      );
    });
  }

  private async upgraded(request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> {
    socket.on('error', () => socket.destroy());
    const parsed = this.parser.parse(request.method!, request.url!);
    const user = this.permitted(request, parsed, await this.options.authenticator.authenticate(this.credentials(request)));
    const apiRequest = this.apiRequest(request, parsed, user, undefined);
    const elsewhere = this.options.aggregator?.answeredElsewhere(parsed.info.path);
    if (elsewhere !== undefined) return this.options.aggregator!.forward(elsewhere, user, request, { socket, head });
    if (connectKind(parsed.info)) return this.connect(apiRequest, request, { socket, head });
    if (parsed.info.verb !== 'watch') throw errors.badRequest('this request can\'t be upgraded');
    const result = await dispatch(this.options.core, this.options.handlers, apiRequest);
    if (result.type !== 'watch') throw errors.badRequest('this request can\'t be upgraded');
    webSocketWatch(request, socket, head, this.encoder(result, apiRequest, request), result.start);
  }

  private authorized(
    request: IncomingMessage, response: ServerResponse, parsed: ParsedRequest, user: UserInfo | undefined,
  ): void {
    const permitted = this.permitted(request, parsed, user);
    const { info } = parsed;
    const { aggregator } = this.options;
    const elsewhere = aggregator?.answeredElsewhere(info.path);
    if (elsewhere !== undefined) {
      aggregator!.forward(elsewhere, permitted, request, { response })
        .catch((error: unknown) => this.fail(request, response, error));
    } else if (connectKind(info) && this.options.connect) {
      const apiRequest = this.apiRequest(request, parsed, permitted, undefined);
      this.connect(apiRequest, request, { response }).catch((error: unknown) => this.fail(request, response, error));
    } else if (request.method === 'GET' || request.method === 'HEAD') {
      this.answer(request, response, this.apiRequest(request, parsed, permitted, undefined));
    } else {
      readBody(request)
        .then((body) => this.answer(request, response, this.apiRequest(request, parsed, permitted, body)))
        .catch((error: unknown) => this.fail(request, response, error));
    }
  }

  private permitted(request: IncomingMessage, { info }: ParsedRequest, authenticated: UserInfo | undefined): UserInfo {
    const { authorizer, impersonate } = this.options;
    if (!authenticated || this.refusedCertificate(request)) throw errors.unauthorized();
    const impersonating = impersonationHeaders.some((name) => request.headers[name] !== undefined);
    if (impersonating && !impersonate) throw errors.badRequest('impersonation is not served');
    const user = impersonating ? impersonate!(authenticated, request.headersDistinct, authorizer) : authenticated;
    const decision = authorizer.authorize(user, info);
    if (!decision.allowed) throw forbidden(user, info, decision.reason);
    return user;
  }

  private answer(request: IncomingMessage, response: ServerResponse, apiRequest: ApiRequest): void {
    const { core, handlers, system } = this.options;
    const accepted = negotiate(request.headers.accept);
    if (apiRequest.query.size > 0 && apiRequest.info.verb !== 'watch') checkTimeout(apiRequest.query);
    const result = apiRequest.info.isResourceRequest
      ? dispatch(core, handlers, apiRequest)
      : system(apiRequest, accepted, request);
    if (result instanceof Promise) {
      result
        .then((settled) => this.respond(request, response, apiRequest, settled, accepted))
        .catch((error: unknown) => this.fail(request, response, error, apiRequest.warnings));
    } else this.respond(request, response, apiRequest, result, accepted);
  }

  private respond(
    request: IncomingMessage, response: ServerResponse, apiRequest: ApiRequest, result: ApiResult,
    accepted: readonly Representation[],
  ): void {
    if (result.type === 'watch') return this.watch(request, response, apiRequest, result);
    const { warnings, query } = apiRequest;
    if (result.type === 'raw') {
      const { headers } = result;
      for (const name of Object.keys(headers ?? {})) response.setHeader(name, headers![name]!);
      return this.sendRaw(response, result);
    }
    const representation = chooseRepresentation(result, accepted);
    let encoded = encodeResult(result, representation, query, this.options.clock, this.options.cacheOf);
    if (isPretty(request, query.size === 0 ? undefined : queryString(query, 'pretty'))) encoded = indent(encoded);
    const code = result.type === 'list' ? 200 : result.code;
    if (wantsCompression(request, encoded.body.length)) {
      sendLarge(request, response, code, encoded, warnings).catch((error: unknown) => this.fail(request, response, error));
    } else send(response, code, encoded, warnings);
  }

  private sendRaw(response: ServerResponse, { code, contentType, body }: Extract<ApiResult, { type: 'raw' }>): void {
    response.setHeader('Content-Type', contentType);
    response.setHeader('Content-Length', Buffer.byteLength(body));
    response.setHeader('Cache-Control', 'no-cache, private');
    response.statusCode = code;
    response.end(body);
  }

  private watch(
    request: IncomingMessage, response: ServerResponse, apiRequest: ApiRequest,
    result: Extract<ApiResult, { type: 'watch' }>,
  ): void {
    const encoder = this.encoder(result, apiRequest, request);
    request.socket.setNoDelay(true);
    response.setHeader('Cache-Control', 'no-cache, private');
    response.setHeader('Content-Type', 'application/json');
    if (apiRequest.warnings.length > 0) response.setHeader('Warning', apiRequest.warnings.map(warningHeader));
    response.writeHead(200);
    response.flushHeaders();
    streamWatch(response, encoder, result.start);
  }

  private encoder({ view }: Extract<ApiResult, { type: 'watch' }>, { query }: ApiRequest, request: IncomingMessage): FrameEncoder {
    const representation = negotiate(request.headers.accept).find(
      ({ as, mediaType }) => mediaType === 'application/json' && (as === '' || as === 'Table' || as === 'PartialObjectMetadata'),
    );
    if (!representation) throw notAcceptable();
    return new FrameEncoder(view, representation, query, this.options.clock);
  }

  private async connect(apiRequest: ApiRequest, request: IncomingMessage, target: ConnectTarget): Promise<void> {
    const { core, connect } = this.options;
    const kind = connectKind(apiRequest.info)!;
    const { endpoint, object } = connectObject(core, apiRequest);
    if (!connect || !endpoint.info.subresources.some(({ name }) => name === kind)) throw notServed();
    const { info, user, query, rest } = apiRequest;
    if (kind !== 'log') {
      const options = connectOptions(info.resource, kind, query);
      const attributes = admissionAttributes(endpoint, apiRequest, 'CONNECT', info.name, false, { ...(options && { object: options }) });
      await core.admission.mutate(attributes);
      await core.admission.validate(attributes);
    }
    await connect({ kind, info, user, query, rest, object }, request, target);
  }

  private apiRequest(
    request: IncomingMessage, { info, query, named, rest }: ParsedRequest, user: UserInfo, body: Buffer | undefined,
  ): ApiRequest {
    return {
      method: request.method!, info, query, named, rest, user, body, warnings: [],
      userAgent: request.headers['user-agent'] ?? '', contentType: request.headers['content-type'] ?? '',
    };
  }

  private credentials(request: IncomingMessage): Credentials {
    const { authorization } = request.headers;
    const protocols = request.headers['sec-websocket-protocol'];
    const { der } = this.certificate(request);
    return {
      ...(authorization !== undefined && { authorization }),
      ...(der && { peerCertificate: der }),
      ...(protocols !== undefined && { webSocketProtocols: protocols }),
    };
  }

  /** Looked up once a connection: taking a certificate out of the TLS layer is dear. */
  private certificate(request: IncomingMessage): { der: Buffer | undefined; refused: boolean } {
    const socket = request.socket as TLSSocket;
    let known = this.certificates.get(socket);
    if (!known) {
      const raw = socket.getPeerX509Certificate?.()?.raw;
      known = { der: socket.authorized ? raw : undefined, refused: raw !== undefined && !socket.authorized };
      this.certificates.set(socket, known);
    }
    return known;
  }

  private refusedCertificate(request: IncomingMessage): boolean {
    return request.headers.authorization === undefined && this.certificate(request).refused;
  }

  private fail(request: IncomingMessage, response: ServerResponse, error: unknown, warnings: readonly string[] = []): void {
    if (response.destroyed) return;
    const status = statusOf(error, (unexpected) => this.report(unexpected, request));
    // What is left of a body that nobody will read must not hold up the connection.
    if (!request.complete) {
      request.resume();
      if (status.code === 413) response.shouldKeepAlive = false;
    }
    sendStatus(response, status, negotiate(request.headers.accept)[0], warnings);
  }

  private report(error: unknown, request: IncomingMessage): void {
    const { method, url } = request;
    const stack = error instanceof Error ? error.stack : String(error);
    this.options.logger.error({ method, url, stack }, 'a request failed unexpectedly');
  }
}
