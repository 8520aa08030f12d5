import type { IncomingMessage } from 'node:http';

const longestMs = 5_000;

/** Reads and discards, for up to 5 s, what a client still sends: proxies turn an answer before it into a 502. */
export async function discardRest(req: IncomingMessage): Promise<void> {
  const expected = req.headers['content-length'] !== undefined || req.headers['transfer-encoding'] !== undefined;
  if (!expected || req.complete || req.destroyed) return;
  const { promise, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, longestMs);
  req.once('end', resolve).once('close', resolve).resume();
  await promise;
  clearTimeout(timer);
}
