import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/**
 * Says what happens to one request: refused before it has effect, after it, answered 200 with an error in the body before
 * it has effect, held and then broken, cut after some of its bytes, or nothing.
 */
export type Fate =
  | { kind: 'pass' }
  | { kind: 'refuse' }
  | { kind: 'lose-answer' }
  | { kind: 'false-success' }
  | { kind: 'hang'; ms: number }
  | { kind: 'cut'; afterBytes: number };

/** Is a running faulty proxy; `counts` tells how often each fate came. */
export interface FaultyProxy extends AsyncDisposable {
  url: string;
  counts: Record<Fate['kind'], number>;
}

/** Starts a proxy on loopback before a real server; host and path pass unchanged, so that signatures hold. */
export async function startFaultyProxy(target: string, decide: (req: IncomingMessage) => Fate): Promise<FaultyProxy> {
  const counts = { pass: 0, refuse: 0, 'lose-answer': 0, 'false-success': 0, hang: 0, cut: 0 };
  const server = createServer((req, res) => {
    const fate = decide(req);
    counts[fate.kind] += 1;
    if (fate.kind === 'refuse') refuse(req, res, 503);
    else if (fate.kind === 'false-success') refuse(req, res, 200);
    else if (fate.kind === 'hang') hang(req, fate.ms);
    else forward(new URL(req.url ?? '/', target), req, res, fate);
  });
  server.on('checkContinue', (req, res) => {
    res.writeContinue();
    server.emit('request', req, res);
  });
  server.requestTimeout = 0;
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    counts,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function forward(url: URL, req: IncomingMessage, res: ServerResponse, fate: Fate): void {
  const headers = Object.fromEntries(Object.entries(req.headers).filter(([name]) => name !== 'expect'));
  const upstream = request(url, { method: req.method, headers, agent: false }, (answer) => {
    if (fate.kind === 'lose-answer') {
      answer.resume().once('end', () => refuse(req, res, 500));
      return;
    }
    res.writeHead(answer.statusCode ?? 502, answer.headers);
    answer.pipe(res);
  });
  upstream.on('error', () => res.destroy());
  res.once('close', () => upstream.destroy());
  req.on('error', () => upstream.destroy());
  req.once('close', () => {
    if (!req.complete) upstream.destroy();
  });
  if (fate.kind === 'cut') cutAfter(req, upstream, fate.afterBytes);
  req.pipe(upstream);
}

function cutAfter(req: IncomingMessage, upstream: ReturnType<typeof request>, bytes: number): void {
  let seen = 0;
  req.on('data', (chunk: Buffer) => {
    seen += chunk.length;
    if (seen < bytes) return;
    req.unpipe(upstream);
    req.destroy();
    upstream.destroy();
  });
}

// The connection is held without an answer, then it breaks.
function hang(req: IncomingMessage, ms: number): void {
  req.resume();
  setTimeout(() => req.socket.destroy(), ms).unref();
}

function refuse(req: IncomingMessage, res: ServerResponse, status: number): void {
  req.resume();
  const body = '<?xml version="1.0"?><Error><Code>SlowDown</Code><Message>planned</Message></Error>';
  res.writeHead(status, { 'content-type': 'application/xml', 'content-length': Buffer.byteLength(body) }).end(body);
}
