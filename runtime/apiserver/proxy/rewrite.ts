import type { IncomingMessage } from 'node:http';
import { promisify } from 'node:util';
import { deflateRaw, gunzip, gzip, inflateRaw } from 'node:zlib';
import { rewriteLinks } from './html-links';

/** Makes a server's own links lead through the proxy (apimachinery/pkg/util/proxy/transport.go). */
export interface Rewriter {
  /** A `Location` header, or an address in a page. */
  location(url: string): string;
  /** A page, in the encoding that it came in. */
  html(incoming: IncomingMessage): Promise<Buffer>;
}

export interface RewriteOptions {
  /** What the path of a request to the proxy has before the path at the server. */
  prefix: string;
  /** How the server's own links may name its host: as the proxy dials it, and as the client asked for the proxy. */
  ownHosts: readonly string[];
}

const coding: Readonly<Record<string, [decode: (body: Buffer) => Promise<Buffer>, encode: (body: Buffer) => Promise<Buffer>]>> = {
  gzip: [promisify<Buffer, Buffer>(gunzip), promisify<Buffer, Buffer>(gzip)],
  deflate: [promisify<Buffer, Buffer>(inflateRaw), promisify<Buffer, Buffer>(deflateRaw)],
  '': [async (body) => body, async (body) => body],
};

/** A page that can be rewritten: in an encoding that is understood. */
export function isHtml({ headers }: IncomingMessage): boolean {
  const type = (headers['content-type'] ?? '').split(';')[0]?.trim();
  return type === 'text/html' && Object.hasOwn(coding, headers['content-encoding'] ?? '');
}

export function createRewriter(options: RewriteOptions): Rewriter {
  const location = (url: string): string => rewriteUrl(url, options);
  return {
    location,
    async html(incoming) {
      const [decode, encode] = coding[incoming.headers['content-encoding'] ?? '']!;
      const chunks: Buffer[] = [];
      for await (const chunk of incoming) chunks.push(chunk as Buffer);
      const body = Buffer.concat(chunks);
      if (body.length === 0) return body;
      // Addresses are ASCII; all else passes byte by byte, whatever its character set.
      const text = (await decode(body)).toString('latin1');
      return encode(Buffer.from(rewriteLinks(text, location), 'latin1'));
    },
  };
}

const urlParts = /^(?:([a-zA-Z][a-zA-Z0-9+.-]*):)?(?:\/\/([^/?#]*))?([^?#]*)(.*)$/s;

function rewriteUrl(text: string, { prefix, ownHosts }: RewriteOptions): string {
  const [, , host = '', path = '', rest = ''] = urlParts.exec(text) ?? [];
  const foreign = host !== '' && !ownHosts.includes(host);
  if (foreign || !path.startsWith('/')) return text;
  // Scheme and host of the proxy are left to the client, which knows them better.
  return path.startsWith(prefix) ? path + rest : joinPath(prefix, path) + rest;
}

/** Joins and cleans two paths, keeping a slash at the end. */
export function joinPath(prefix: string, path: string): string {
  const parts: string[] = [];
  for (const part of `${prefix}/${path}`.split('/')) {
    if (part === '..') parts.pop();
    else if (part !== '' && part !== '.') parts.push(part);
  }
  const joined = `/${parts.join('/')}`;
  return path.endsWith('/') && joined !== '/' ? `${joined}/` : joined;
}
