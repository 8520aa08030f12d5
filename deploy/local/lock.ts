import { linkSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

/** Takes a lock kept in a file, or answers the id of the living process that holds it. */
export function tryLock(file: string): Disposable | { heldBy: number } {
  const mine = `${file}.${process.pid}`;
  writeFileSync(mine, identityOf(process.pid));
  try {
    for (;;) {
      if (linked(mine, file)) return { [Symbol.dispose]: () => rmSync(file, { force: true }) };
      const holder = read(file);
      if (holder !== undefined && isLiving(holder)) return { heldBy: pidOf(holder) };
      if (holder !== undefined) clear(file, holder);
    }
  } finally {
    rmSync(mine, { force: true });
  }
}

/** Waits for a lock kept in a file; calls `waiting` once when another process holds it. */
export async function lock(file: string, waiting: (pid: number) => unknown): Promise<Disposable> {
  for (let tries = 0; ; tries++) {
    const taken = tryLock(file);
    if (!('heldBy' in taken)) return taken;
    if (tries === 0) waiting(taken.heldBy);
    await sleep(500);
  }
}

/** Tells whether a process runs; one that has ended and that nobody waited for does not (containers keep those). */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return statOf(pid)?.[0] !== 'Z';
  } catch (error) {
    return codeOf(error) === 'EPERM';
  }
}

// A link is made whole or not at all, so that no reader meets a lock that does not say whose it is.
function linked(from: string, to: string): boolean {
  try {
    linkSync(from, to);
    return true;
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return false;
    throw error;
  }
}

// Two waiters may both find the same dead holder: what was moved aside is looked at once more.
function clear(file: string, dead: string): void {
  const aside = `${file}.${process.pid}.old`;
  try {
    renameSync(file, aside);
  } catch {
    return;
  }
  if (read(aside) !== dead) linked(aside, file);
  rmSync(aside, { force: true });
}

// A restarted container gives the same process ids again: the start time tells two of them apart.
function identityOf(pid: number): string {
  return `${pid} ${statOf(pid)?.[19] ?? ''}`;
}

// What Linux says of a process after its name, which may hold anything: its state is the first of these.
function statOf(pid: number): string[] | undefined {
  const stat = read(`/proc/${pid}/stat`);
  return stat?.slice(stat.lastIndexOf(')') + 2).split(' ');
}

function isLiving(holder: string): boolean {
  const pid = pidOf(holder);
  return isAlive(pid) && identityOf(pid) === holder;
}

function pidOf(holder: string): number {
  return Number.parseInt(holder, 10);
}

function read(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}

function codeOf(error: unknown): unknown {
  return error instanceof Error && 'code' in error ? error.code : undefined;
}
