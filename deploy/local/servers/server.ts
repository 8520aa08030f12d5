import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Child, lastLines, type Program, startChild } from '../child.ts';

/** Is a real server that runs for us, with what its clients need to know of it. */
export interface Server extends Child {
  readonly env: Record<string, string>;
}

/** Says where a server keeps its data (in a folder of its own below this one) and where it listens on 127.0.0.1. */
export interface ServerOptions {
  dataDir: string;
  port?: number;
}

/** Starts a server and waits until it answers; throws with the last lines of its log when it ends before. */
export async function startServer(
  program: Omit<Program, 'logFile'> & { dataDir: string },
  env: Record<string, string>,
  isReady: () => Promise<boolean>,
): Promise<Server> {
  const logFile = join(program.dataDir, 'logs', `${program.name}.log`);
  const child = startChild({ ...program, logFile });
  try {
    await readiness(child, isReady);
  } catch (error) {
    await child.stop();
    throw error;
  }
  return { ...child, env };
}

/** Stands for a server that somebody else runs: its URL was set, so nothing is started. */
export function externalServer(name: string, env: Record<string, string>): Server {
  const stop = async () => {};
  const exited = new Promise<never>(() => {});
  return { name, env, pid: undefined, logFile: '', exited, kill: () => {}, stop, [Symbol.asyncDispose]: stop };
}

/** Answers the named variables when all are set and not empty. */
export function given(names: readonly string[]): Record<string, string> | undefined {
  const found = names.flatMap((name) => (process.env[name] ? [[name, process.env[name]]] : []));
  return found.length === names.length ? Object.fromEntries(found) : undefined;
}

/** Tells whether a GET is answered with 2xx. */
export async function answers(url: string): Promise<boolean> {
  return await fetch(url, { signal: AbortSignal.timeout(2_000) }).then(
    (response) => response.ok,
    () => false,
  );
}

async function readiness(child: Child, isReady: () => Promise<boolean>, timeoutMs = 60_000): Promise<void> {
  const ended = { yet: false };
  void child.exited.then(() => (ended.yet = true));
  for (const deadline = Date.now() + timeoutMs; Date.now() < deadline; await sleep(25)) {
    if (ended.yet) throw new Error(`${child.name} ended at once. Its log says:\n${lastLines(child.logFile)}`);
    if (await isReady()) return;
  }
  throw new Error(`${child.name} did not answer in ${timeoutMs / 1000} s. Its log says:\n${lastLines(child.logFile)}`);
}
