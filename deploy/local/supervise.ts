import { setTimeout as sleep } from 'node:timers/promises';
import type { Exit } from './child.ts';
import type { Say } from './progress.ts';

const FIRST_WAIT_MS = 200;
const LONGEST_WAIT_MS = 5_000;
const STEADY_MS = 10_000;

/** Is what can be kept alive: it says when it has ended, and can be asked to. */
export interface Running {
  readonly exited: Promise<Exit>;
  stop(): Promise<void>;
}

/** Is something that is started again whenever it ends, until it is stopped. */
export interface Kept {
  readonly name: string;
  stop(): Promise<void>;
}

/** Starts something and keeps it alive, waiting longer after each quick end; the first start must succeed. */
export async function keepAlive<T extends Running>(
  name: string,
  start: (stopping: AbortSignal) => Promise<T>,
  say: Say,
): Promise<Kept & { first: T }> {
  const stopping = new AbortController();
  const first = await start(stopping.signal);
  const state = { running: first as T | undefined };
  const ended = watch(name, start, state, stopping.signal, say);
  const stop = async () => {
    stopping.abort();
    await state.running?.stop();
    await ended;
  };
  return { name, first, stop };
}

async function watch<T extends Running>(
  name: string,
  start: (stopping: AbortSignal) => Promise<T>,
  state: { running: T | undefined },
  stopping: AbortSignal,
  say: Say,
): Promise<void> {
  let wait = FIRST_WAIT_MS;
  let since = Date.now();
  while (state.running !== undefined) {
    const exit = await state.running.exited;
    state.running = undefined;
    if (Date.now() - since > STEADY_MS) wait = FIRST_WAIT_MS;
    while (!stopping.aborted && state.running === undefined) {
      say(`${name} ended (${exit.signal ?? `code ${exit.code}`}); starting it again ...`);
      await sleep(wait, undefined, { signal: stopping }).catch(() => {});
      wait = Math.min(wait * 2, LONGEST_WAIT_MS);
      if (stopping.aborted) return;
      since = Date.now();
      state.running = await start(stopping).catch((error: Error) => void say(error.message));
    }
    if (stopping.aborted) await state.running?.stop();
  }
}
