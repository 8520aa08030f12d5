import type { IncomingMessage } from 'node:http';

const drainMs = 5_000;

/** Reads and discards what a refused client still sends, for up to 5 s: proxies turn an earlier answer into a 502. */
export async function drain(req: IncomingMessage): Promise<void> {
  if (req.complete || req.destroyed) return;
  await new Promise<void>((resolve) => {
    const timer = setTimeout(resolve, drainMs);
    const done = () => {
      clearTimeout(timer);
      resolve();
    };
    // Whoever read the body so far would pause it again.
    req.removeAllListeners('data').once('end', done).once('close', done).resume();
  });
}
