import { once } from 'node:events';
import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { pipeline } from 'node:stream/promises';

/** Names how a call goes: to its end, refused before it came, answered to nobody, limited, or not at all. */
export type Fate = 'well' | 'refused' | 'unheard' | 'limited' | 'away';

/** Is a link to an S3 server that can be made bad. */
export interface WeakLink {
  readonly url: string;
  /** Counts the calls that came, by method. */
  readonly calls: Record<string, number>;
  /** Decides how each call goes from now on. */
  weaken(fateOf: (method: string) => Fate): void;
  close(): Promise<void>;
}

/** Starts a link that is well. */
export async function startWeakLink(upstream: string): Promise<WeakLink> {
  let fateOf: (method: string) => Fate = () => 'well';
  const calls: Record<string, number> = {};
  const server = createServer((req, res) => {
    const method = req.method ?? '';
    calls[method] = (calls[method] ?? 0) + 1;
    carry(upstream, req, res, fateOf(method)).catch(() => req.socket.destroy());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    calls,
    weaken: (decide) => {
      fateOf = decide;
    },
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

async function carry(upstream: string, req: IncomingMessage, res: ServerResponse, fate: Fate): Promise<void> {
  if (fate === 'away') return void req.socket.destroy();
  if (fate === 'refused' || fate === 'limited') {
    req.resume();
    const [status, code] = fate === 'refused' ? [500, 'InternalError'] : [503, 'SlowDown'];
    res.writeHead(status, { 'content-type': 'application/xml' });
    return void res.end(`<?xml version="1.0"?><Error><Code>${code}</Code><Message>planned</Message></Error>`);
  }
  // The Host that the client signed goes along as it came.
  const onward = request(new URL(req.url ?? '/', upstream), { method: req.method, headers: req.headers });
  const answered = once(onward, 'response') as Promise<[IncomingMessage]>;
  answered.catch(() => {});
  await pipeline(req, onward);
  const [answer] = await answered;
  if (fate === 'unheard') {
    answer.resume();
    await once(answer, 'end');
    return void req.socket.destroy();
  }
  res.writeHead(answer.statusCode ?? 502, answer.headers);
  await pipeline(answer, res);
}

/** Fails this share of calls, each way of failing as often; the same seed fails the same calls. */
export function failingShare(share: number, seed: number): () => Fate {
  const ways: Fate[] = ['refused', 'unheard', 'limited', 'away'];
  let state = seed;
  // The common linear congruential generator.
  const random = () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
  return () => (random() < share ? (ways[Math.floor(random() * ways.length)] ?? 'away') : 'well');
}
