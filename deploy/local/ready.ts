import { setTimeout as sleep } from 'node:timers/promises';
import { type Child, lastLines } from './child.ts';

// One that ends is told at once; one that is slow may be on a busy machine.
const LONGEST_MS = 300_000;

/** Answers whether a process can be used; a text says why it cannot. */
export type IsReady = () => Promise<boolean | string>;

/** Waits until a process of ours can be used; ends it and throws, with the end of its log, when it cannot or we stop. */
export async function untilReady(child: Child, isReady: IsReady, stopping?: AbortSignal): Promise<void> {
  const ended = child.exited.then(() => true);
  let answer: boolean | string = false;
  for (const deadline = Date.now() + LONGEST_MS; Date.now() < deadline; ) {
    answer = await isReady();
    // Another program may have answered in its place.
    if (stopping?.aborted || (await Promise.race([ended, sleep(25, false)]))) break;
    if (answer === true) return;
  }
  await child.stop();
  const why = typeof answer === 'string' ? ` (${answer})` : '';
  throw new Error(`${child.name} did not get ready${why}. Its log says:\n${lastLines(child.logFile)}`);
}

/** Answers true when a GET is answered with 2xx, else what came instead. */
export async function answers(url: string): Promise<true | string> {
  const answer = await get(url);
  if (typeof answer === 'string') return answer;
  if (answer.ok) return true;
  return `${answer.status} ${(await answer.text().catch(String)).slice(0, 1_000)}`;
}

/** Tells whether a server is there, whatever it answers. */
export async function listens(url: string): Promise<boolean> {
  return typeof (await get(url)) !== 'string';
}

async function get(url: string): Promise<Response | string> {
  return await fetch(url, { signal: AbortSignal.timeout(10_000), redirect: 'manual' }).catch((error) => {
    const { message, cause } = error as Error;
    return cause instanceof Error ? `${message}: ${cause.message}` : message;
  });
}
