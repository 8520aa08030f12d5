import type { Environment } from '../env/env.ts';
import { type Logger, silentLog } from '../log/log.ts';
import { Registry } from '../metrics/metrics.ts';
import { contextOf } from './context.ts';
import type { Process } from './process.ts';

/** Is a target that runs inside of a test. */
export interface TestTarget extends AsyncDisposable {
  readonly metrics: Registry;
  /** Ends it as SIGTERM does, and waits; throws what its main threw. */
  stop(): Promise<void>;
}

/** Runs a target's main with an environment, and waits until it is ready. */
export async function startTarget(
  main: (proc: Process) => Promise<void>,
  env: Environment,
  log: Logger = silentLog(),
): Promise<TestTarget> {
  const end = new AbortController();
  const metrics = new Registry();
  const ready = Promise.withResolvers<void>();
  const ctx = contextOf(end.signal);
  const proc = { ctx, leaving: end.signal, env, log, metrics, ready: () => ready.resolve(), probe: () => {} };
  const running = main(proc);
  const early = running.then(() => Promise.reject(new Error('ended before it was ready')));
  await Promise.race([ready.promise, early]);
  early.catch(() => {});
  const stop = async () => {
    end.abort();
    await running;
  };
  return { metrics, stop, [Symbol.asyncDispose]: stop };
}
