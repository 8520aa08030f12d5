import { setTimeout as sleep } from 'node:timers/promises';
import { type Child, lastLines } from './child.ts';

// One that ends is told at once; one that is slow may be on a busy machine.
const LONGEST_MS = 300_000;

/** Waits until a process of ours can be used; ends it and throws, with the end of its log, when it cannot or we stop. */
export async function untilReady(child: Child, isReady: () => Promise<boolean>, stopping?: AbortSignal): Promise<void> {
  const ended = child.exited.then(() => true);
  for (const deadline = Date.now() + LONGEST_MS; Date.now() < deadline; ) {
    if (await isReady()) return;
    if (stopping?.aborted || (await Promise.race([ended, sleep(25, false)]))) break;
  }
  await child.stop();
  throw new Error(`${child.name} did not get ready. Its log says:\n${lastLines(child.logFile)}`);
}

/** Tells whether a GET is answered with 2xx. */
export async function answers(url: string): Promise<boolean> {
  return ((await statusOf(url)) ?? 500) < 300;
}

/** Tells whether a server is there, whatever it answers. */
export async function listens(url: string): Promise<boolean> {
  return (await statusOf(url)) !== undefined;
}

async function statusOf(url: string): Promise<number | undefined> {
  return await fetch(url, { signal: AbortSignal.timeout(10_000), redirect: 'manual' }).then(
    (response) => response.status,
    () => undefined,
  );
}
