import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isAlive } from './lock.ts';
import { endAll } from './orphan.ts';

const PREFIX = 'kilat-test-';
const DYING_MS = 700;
const folders: string[] = [];

/** Makes a folder for a test run, which goes when the process ends or is told to; those of killed runs go now. */
export function temporaryFolder(): string {
  if (folders.length === 0) {
    sweep();
    process.on('exit', removeAll);
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, leave);
  }
  const folder = mkdtempSync(join(tmpdir(), `${PREFIX}${process.pid}-`));
  folders.push(folder);
  return folder;
}

// A test worker may not exit by itself: the signal ends it. It often comes twice, so it is caught until all is gone.
function leave(signal: NodeJS.Signals): void {
  endAll('SIGKILL');
  // Their own children die with them one by one, and until then go on writing to what is to be removed.
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, DYING_MS);
  removeAll();
  process.off(signal, leave);
  process.kill(process.pid, signal);
}

function removeAll(): void {
  endAll('SIGKILL');
  for (const folder of folders) rmSync(folder, { recursive: true, force: true, maxRetries: 10 });
}

function sweep(): void {
  for (const name of readdirSync(tmpdir())) {
    const pid = name.startsWith(PREFIX) ? Number.parseInt(name.slice(PREFIX.length), 10) : Number.NaN;
    if (Number.isNaN(pid) || isAlive(pid)) continue;
    removeIfPossible(join(tmpdir(), name));
  }
}

// On one a disk may still be mounted that its run made: that is no reason not to run.
function removeIfPossible(folder: string): void {
  try {
    rmSync(folder, { recursive: true, force: true });
  } catch {
    // left as it is
  }
}
