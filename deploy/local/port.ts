import { randomInt } from 'node:crypto';
import { createServer } from 'node:net';

const given = new Set<number>();

/**
 * Answers a port on which nothing listens and that this process was not given before.
 *
 * It lies below the range from which systems take the ports of outgoing connections: there, a client that
 * retries a stopped server can meet itself, or take the port before the server is back.
 */
export async function freePort(host = '127.0.0.1'): Promise<number> {
  for (let tries = 0; tries < 100; tries++) {
    const port = randomInt(20_000, 30_000);
    if (given.has(port) || !(await isFree(port, host))) continue;
    given.add(port);
    return port;
  }
  throw new Error(`No free port was found on ${host} between 20000 and 29999.`);
}

/** Tells whether a program could listen on a port now. */
export async function isFree(port: number, host = '127.0.0.1'): Promise<boolean> {
  const probe = createServer();
  return await new Promise<boolean>((resolve) => {
    probe.once('error', () => resolve(false));
    probe.listen({ port, host, exclusive: true }, () => probe.close(() => resolve(true)));
  });
}
