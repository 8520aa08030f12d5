import type { ChildProcess } from 'node:child_process';
import { existsSync } from 'node:fs';

const SETPRIV = ['/usr/bin/setpriv', '/bin/setpriv'].find((path) => existsSync(path));
const living = new Map<ChildProcess, NodeJS.Signals>();

// However we end, short of kill -9, nobody stays behind; setpriv sees to kill -9 where it exists.
process.on('exit', () => endAll());

/** Ends every process of ours now, with the signal given or the one that each was started with. */
export function endAll(signal?: NodeJS.Signals): void {
  for (const [child, own] of living) signalGroup(child.pid, signal ?? own);
}

/** Puts before a command what makes the kernel end it when we are killed (Linux). */
export function guarded(command: readonly string[], signal: NodeJS.Signals = 'SIGKILL'): string[] {
  return SETPRIV ? [SETPRIV, '--pdeathsig', signal.slice('SIG'.length), ...command] : [...command];
}

/** Ends a process and its group when we exit. */
export function outliveNobody(child: ChildProcess, signal: NodeJS.Signals): void {
  living.set(child, signal);
  child.on('exit', () => living.delete(child));
  child.on('error', () => living.delete(child));
}

/** Sends a signal to a process group; one that has ended is no error. */
export function signalGroup(pid: number | undefined, signal: NodeJS.Signals): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, signal);
  } catch {
    // it has just ended
  }
}
