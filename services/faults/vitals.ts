import { readFileSync } from 'node:fs';
import type { Fleet } from './fleet.ts';

/** Watches the memory of a fleet's processes. */
export interface Vitals extends Disposable {
  /** Gives the most memory that each process had resident at once, in MiB. */
  mostRssMiB(): Record<string, number>;
}

const lookEveryMs = 1_000;

/** Starts watching; the processes' ids change as they are started again. */
export function startVitals(fleet: Fleet): Vitals {
  const most: Record<string, number> = {};
  const look = () => {
    for (const [name, { pid }] of Object.entries(fleet.units)) {
      const rss = pid === undefined ? undefined : rssMiB(pid);
      if (rss !== undefined) most[name] = Math.max(most[name] ?? 0, rss);
    }
  };
  const timer = setInterval(look, lookEveryMs);
  return { mostRssMiB: () => most, [Symbol.dispose]: () => clearInterval(timer) };
}

/** Reads how much memory a process has resident, in MiB; undefined when it has ended or the system does not say. */
function rssMiB(pid: number): number | undefined {
  try {
    const [, kib] = /VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
    return kib === undefined ? undefined : Math.round(Number(kib) / 1_024);
  } catch {
    return undefined;
  }
}
