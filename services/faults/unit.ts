import { setTimeout as sleep } from 'node:timers/promises';
import type { Child, Exit } from '../../deploy/local/child.ts';

/** Is what a unit runs: a process that can be killed by signal, asked to stop, and whose end is seen. */
export type Runs = Pick<Child, 'pid' | 'exited' | 'kill' | 'stop'>;

/** Is one process of an install that is started again, on the same data and ports, whenever it ends. */
export interface Unit extends AsyncDisposable {
  readonly name: string;
  /** Is the id of the process that runs now; undefined while there is none. */
  readonly pid: number | undefined;
  /** Counts how often it was started. */
  readonly starts: number;
  /** Sends a signal and waits until it runs again. */
  hit(signal: NodeJS.Signals): Promise<void>;
  /** Kills it and does not start it again. */
  crash(): Promise<void>;
  /** Ends it, does something while it is down, and starts it again. */
  whileDown(signal: NodeJS.Signals, work: () => Promise<void>): Promise<void>;
}

const restartMs = 200;

/** Starts a unit; the first start must succeed, later ones are tried until they do. */
export async function startUnit(name: string, start: () => Promise<Runs>): Promise<Unit> {
  let running: Runs | undefined = await start();
  let [starts, stopped] = [1, false];
  let held = Promise.resolve();
  let back = Promise.withResolvers<void>();

  async function again(): Promise<void> {
    while (!stopped && running === undefined) {
      await held;
      await sleep(restartMs);
      running = await start().catch(() => undefined);
    }
    starts += 1;
    back.resolve();
    back = Promise.withResolvers<void>();
  }
  async function watch(): Promise<void> {
    while (!stopped && running !== undefined) {
      await running.exited;
      running = undefined;
      if (!stopped) await again();
    }
  }
  const watching = watch();

  async function hit(signal: NodeJS.Signals): Promise<void> {
    const [now, isBack] = [running, back.promise];
    if (now === undefined) return isBack;
    if (signal === 'SIGKILL') now.kill(signal);
    else void now.stop();
    await isBack;
  }
  return {
    name,
    get pid() {
      return running?.pid;
    },
    get starts() {
      return starts;
    },
    hit,
    async crash() {
      stopped = true;
      running?.kill('SIGKILL');
      await watching;
    },
    async whileDown(signal, work) {
      const done = Promise.withResolvers<void>();
      held = done.promise;
      const ended: Promise<Exit> | undefined = running?.exited;
      const isBack = hit(signal);
      await ended;
      await work();
      done.resolve();
      await isBack;
    },
    async [Symbol.asyncDispose]() {
      stopped = true;
      const last = running;
      await last?.stop();
      await watching;
    },
  };
}
