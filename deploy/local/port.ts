import { randomInt } from 'node:crypto';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { cacheFolder } from './cache.ts';
import { tryLock } from './lock.ts';

const mine = new Map<number, Disposable>();
process.on('exit', () => {
  for (const held of mine.values()) held[Symbol.dispose]();
});

/**
 * Answers a port on which nothing listens, and that no other process of the user is given while this one lives: between
 * choosing a port and listening there may be seconds.
 *
 * It lies below the range from which systems take the ports of outgoing connections: there, a client that
 * retries a stopped server can meet itself, or take the port before the server is back.
 */
export async function freePort(host = '127.0.0.1'): Promise<number> {
  for (let tries = 0; tries < 100; tries++) {
    const port = randomInt(20_000, 30_000);
    if (!mine.has(port) && (await takePort(port, host))) return port;
  }
  throw new Error(`No free port was found on ${host} between 20000 and 29999.`);
}

/** Takes a port for this process while it lives; answers false when something listens there or another one took it. */
export async function takePort(port: number, host = '127.0.0.1'): Promise<boolean> {
  if (mine.has(port)) return await isFree(port, host);
  const held = tryLock(join(cacheFolder('ports'), String(port)));
  if ('heldBy' in held) return false;
  mine.set(port, held);
  if (await isFree(port, host)) return true;
  mine.delete(port);
  held[Symbol.dispose]();
  return false;
}

/** Tells whether a program could listen on a port now. */
export async function isFree(port: number, host = '127.0.0.1'): Promise<boolean> {
  const probe = createServer();
  return await new Promise<boolean>((resolve) => {
    probe.once('error', () => resolve(false));
    probe.listen({ port, host, exclusive: true }, () => probe.close(() => resolve(true)));
  });
}
