import { join } from 'node:path';
import { type Child, type Program, startChild } from '../child.ts';
import { type IsReady, untilReady } from '../ready.ts';

/** Is a real server that runs for us, with what its clients need to know of it. */
export interface Server extends Child {
  readonly env: Record<string, string>;
}

/** Says where a server keeps its data (in a folder of its own below this one) and where it listens on 127.0.0.1. */
export interface ServerOptions {
  dataDir: string;
  port?: number | undefined;
  /** Starts a server of its own although the environment names another. */
  own?: boolean;
  /** Ends a start that is still going on. */
  stopping?: AbortSignal | undefined;
}

/** Starts a server and waits until it answers. */
export async function startServer(
  program: Omit<Program, 'logFile'> & { dataDir: string; stopping?: AbortSignal | undefined },
  env: Record<string, string>,
  isReady: IsReady,
): Promise<Server> {
  const logFile = join(program.dataDir, 'logs', `${program.name}.log`);
  const child = startChild({ ...program, logFile });
  await untilReady(child, isReady, program.stopping);
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
