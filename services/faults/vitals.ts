import { readdirSync, readFileSync } from 'node:fs';
import type { Fleet } from './fleet.ts';

/** Watches the memory and the handles of a fleet's processes. */
export interface Vitals extends Disposable {
  /** Gives the most memory that each process had resident at once, in MiB. */
  mostRssMiB(): Record<string, number>;
  /** Lists the processes that keep many more handles than they had when they were a minute old: for a fleet at rest. */
  leaks(): string[];
}

interface Life {
  pid: number;
  looks: number;
  rssMiB: number;
  early: number;
  handles: number;
}

const lookEveryMs = 1_000;
const earlyLooks = 60;

/** Starts watching; the processes' ids change as they are started again. */
export function startVitals(fleet: Fleet): Vitals {
  const most: Record<string, number> = {};
  const lives: Record<string, Life> = {};
  const look = () => {
    for (const [name, { pid }] of Object.entries(fleet.units)) {
      const now = pid === undefined ? undefined : lookAt(pid);
      if (now === undefined) continue;
      most[name] = Math.max(most[name] ?? 0, now.rssMiB);
      lives[name] = aged(lives[name], now);
    }
  };
  const timer = setInterval(look, lookEveryMs);
  return {
    mostRssMiB: () => most,
    leaks: () => Object.entries(lives).flatMap(([name, life]) => leakOf(name, life)),
    [Symbol.dispose]: () => clearInterval(timer),
  };
}

type Look = Pick<Life, 'pid' | 'rssMiB' | 'handles'>;

function aged(life: Life | undefined, now: Look): Life {
  const same = life?.pid === now.pid ? life : { looks: 0, early: 0 };
  const looks = same.looks + 1;
  return { ...now, looks, early: looks <= earlyLooks ? Math.max(same.early, now.handles) : same.early };
}

function leakOf(name: string, { looks, early, handles }: Life): string[] {
  if (looks < 2 * earlyLooks || handles <= 1.5 * early + 20) return [];
  return [`I8: ${name} keeps ${handles} handles, it had at most ${early} in its first minute`];
}

/** Reads what a process has; undefined when it has ended or the system does not say. */
function lookAt(pid: number): Look | undefined {
  try {
    const [, kib] = /VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
    if (kib === undefined) return undefined;
    return { pid, rssMiB: Math.round(Number(kib) / 1_024), handles: readdirSync(`/proc/${pid}/fd`).length };
  } catch {
    return undefined;
  }
}
