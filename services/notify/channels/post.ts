import { type IncomingMessage, request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';
import type { LookupFunction } from 'node:net';
import { isPublic, type Resolved, resolveAllowed } from './address.ts';

const timeoutMs = 10_000;

/** Is what a receiver answered, or why it could not be asked. */
export type Answer =
  | { kind: 'answered'; status: number; retryAfterMs: number | undefined }
  | { kind: 'blocked' }
  | { kind: 'unreached' };

/** Posts bytes to an address that somebody gave. */
export type Post = (
  url: string,
  body: string | Buffer,
  headers: Record<string, string>,
  signal: AbortSignal,
) => Promise<Answer>;

/**
 * Makes a post to strangers' addresses: https alone, at most 10 s, no redirect followed, and never to an address that is not
 * of the public Internet, judged after the name was resolved and kept for the connection. Tests let loopback through, without TLS.
 */
export function createPost(allowLoopback = false): Post {
  const allowed = (address: string) => isPublic(address) || (allowLoopback && isLoopback(address));
  return async (url, body, headers, signal) => {
    const target = new URL(url);
    if (target.protocol !== 'https:' && !allowLoopback) return { kind: 'blocked' };
    const limit = AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]);
    try {
      const resolved = await raced(resolveAllowed(target.hostname, allowed), limit);
      if (resolved === undefined) return { kind: 'blocked' };
      return await send(target, resolved, body, { headers, signal: limit });
    } catch {
      return { kind: 'unreached' };
    }
  };
}

function isLoopback(address: string): boolean {
  return address === '::1' || address.startsWith('127.');
}

function send(
  target: URL,
  resolved: Resolved,
  body: string | Buffer,
  options: { headers: Record<string, string>; signal: AbortSignal },
): Promise<Answer> {
  const request = target.protocol === 'https:' ? requestHttps : requestHttp;
  const length = String(Buffer.byteLength(body));
  return new Promise((resolve, reject) => {
    const outgoing = request(target, {
      ...{ method: 'POST', agent: false, signal: options.signal, lookup: pinnedTo(resolved) },
      headers: { 'user-agent': 'Kilat', ...options.headers, 'content-length': length },
    });
    outgoing.once('error', reject).once('response', (incoming) => {
      // What it says is nobody's concern, and may never end.
      incoming.destroy();
      resolve({ kind: 'answered', status: incoming.statusCode ?? 0, retryAfterMs: retryAfterOf(incoming) });
    });
    outgoing.end(body);
  });
}

function pinnedTo({ address, family }: Resolved): LookupFunction {
  return (_host, options, done) =>
    options.all === true ? done(null, [{ address, family }]) : done(null, address, family);
}

function retryAfterOf({ headers }: IncomingMessage): number | undefined {
  const seconds = Number(headers['retry-after']);
  return Number.isFinite(seconds) && seconds > 0 ? Math.min(seconds, 3_600) * 1_000 : undefined;
}

function raced<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return Promise.race([
    work,
    new Promise<never>((_, reject) => signal.addEventListener('abort', () => reject(signal.reason), { once: true })),
  ]);
}
