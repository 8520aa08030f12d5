import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, rmSync, statSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { join } from 'node:path';
import { temporaryFolder } from '../../deploy/local/testing.ts';
import { startProgram } from './program.ts';
import type { Answer, CommandRecipe, Order, Recipe, WorkerRecipe } from './recipe.ts';
import { cpuMsOf, cpuMsOfEnded, watchRss } from './tree.ts';

/** Is what one photo cost. */
export interface Cost {
  cpuMs: number;
  rssMiB: number;
  bytes: number;
}

/** Tries one recipe on photos, again and again. */
export interface Trial extends Disposable {
  cost(file: string): Promise<Cost>;
}

// As installs have it, for all that is compared: fewer arenas, and one thread per photo.
const env = {
  ...process.env,
  MALLOC_ARENA_MAX: '2',
  VIPS_CONCURRENCY: '1',
  MAGICK_THREAD_LIMIT: '1',
  OMP_NUM_THREADS: '1',
};

/** Makes a recipe ready to be tried. */
export async function openTrial(recipe: Recipe): Promise<Trial> {
  return 'work' in recipe ? openWorker(recipe) : openCommands(recipe);
}

async function openCommands({ commands }: CommandRecipe): Promise<Trial> {
  const folder = await mkdtemp(join(temporaryFolder(), 'bench-'));
  return {
    async cost(file) {
      for (const name of readdirSync(folder)) rmSync(join(folder, name));
      const before = cpuMsOfEnded();
      let rssMiB = 0;
      for (const command of commands(file, folder)) rssMiB = Math.max(rssMiB, await runOne(command));
      return { cpuMs: cpuMsOfEnded() - before, rssMiB, bytes: bytesIn(folder) };
    },
    [Symbol.dispose]: () => rmSync(folder, { recursive: true, force: true }),
  };
}

async function runOne(command: readonly string[]): Promise<number> {
  const { pid, ended } = startProgram(command, env);
  const stop = watchRss(pid ?? process.pid);
  return ended.then(stop, (error) => {
    stop();
    throw error;
  });
}

// What a chain keeps between its steps is none of what comes out.
function bytesIn(folder: string): number {
  const files = readdirSync(folder).filter((name) => !name.endsWith('.v'));
  return files.reduce((sum, name) => sum + statSync(join(folder, name)).size, 0);
}

async function openWorker({ work }: WorkerRecipe): Promise<Trial> {
  const child = fork(new URL('worker.ts', import.meta.url), [work], { env });
  await answerOf(child);
  const pid = child.pid ?? 0;
  return {
    async cost(file) {
      await order(child, { ask: 'prepare', file });
      const [before, stop] = [cpuMsOf(pid), watchRss(pid)];
      const { bytes } = await order(child, { ask: 'run', file });
      return { cpuMs: cpuMsOf(pid) - before, rssMiB: stop(), bytes };
    },
    [Symbol.dispose]: () => child.disconnect(),
  };
}

async function order(child: ChildProcess, what: Order): Promise<{ bytes: number }> {
  child.send(what);
  return answerOf(child);
}

async function answerOf(child: ChildProcess): Promise<{ bytes: number }> {
  const ended = new AbortController();
  const [answer] = (await Promise.race([
    once(child, 'message', { signal: ended.signal }),
    once(child, 'exit', { signal: ended.signal }).then(([code]) => [{ error: `it ended with ${code}` }]),
  ]).finally(() => ended.abort())) as [Answer];
  if ('error' in answer) throw new Error(answer.error);
  return answer;
}
