import type { Server, ServerResponse } from 'node:http';
import { setTimeout } from 'node:timers/promises';
import type { FastifyInstance } from 'fastify';

// A connection that was opened and never used counts as busy: browsers open some beforehand, and wait for nothing.
const quietMs = 1_000;

interface Traffic {
  running: Set<ServerResponse>;
  ending: boolean;
}
const traffics = new WeakMap<Server, Traffic>();

/** Knows which requests of a server run; while it leaves or drains, their answers tell that the connection ends. */
export function watchTraffic(app: Pick<FastifyInstance, 'addHook' | 'server'>, leaving?: AbortSignal): void {
  const traffic: Traffic = { running: new Set(), ending: leaving?.aborted ?? false };
  traffics.set(app.server, traffic);
  leaving?.addEventListener('abort', () => end(traffic), { once: true });
  app.addHook('onRequest', async (_req, reply) => {
    const { raw } = reply;
    traffic.running.add(raw);
    raw.once('close', () => traffic.running.delete(raw));
    if (traffic.ending) void reply.header('connection', 'close');
  });
  // Once more: an answer that is passed on brings a header of its own.
  app.addHook('onSend', async (_req, reply) => {
    if (traffic.ending) void reply.header('connection', 'close');
  });
}

/**
 * Takes no new connection, closes those without a request and waits until no request runs, for some seconds at most.
 * The server's traffic must be watched.
 */
export async function drain(server: Server, seconds: number): Promise<void> {
  const traffic = traffics.get(server);
  if (!server.listening || traffic === undefined) return;
  end(traffic);
  let closed = false;
  server.close(() => {
    closed = true;
  });
  const deadline = Date.now() + seconds * 1_000;
  for (let busyAt = Date.now(); !closed && Date.now() < Math.min(deadline, busyAt + quietMs); ) {
    server.closeIdleConnections();
    await setTimeout(20);
    if (traffic.running.size > 0) busyAt = Date.now();
  }
}

// Who answers without Fastify never comes to its hooks; a proxy would send its next request on the connection.
function end(traffic: Traffic): void {
  traffic.ending = true;
  for (const answer of traffic.running) if (!answer.headersSent) answer.setHeader('connection', 'close');
}
