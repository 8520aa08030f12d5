import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { isAlive } from '../lock.ts';

const LONGEST_SHUTDOWN_MS = 30_000;

/**
 * Waits until the last PostgreSQL on a folder has ended, and removes its lock when that names another program.
 *
 * The last one may still be ending when we were killed. And PostgreSQL only asks whether the process of a lock
 * lives: in a restarted container, where ids begin again, it would refuse to start for ever.
 */
export async function awaitLastPostmaster(cluster: string): Promise<void> {
  const file = join(cluster, 'postmaster.pid');
  for (const deadline = Date.now() + LONGEST_SHUTDOWN_MS; Date.now() < deadline; await sleep(50)) {
    const pid = Number.parseInt(read(file) ?? '', 10);
    if (Number.isNaN(pid) || !isAlive(pid)) return;
    if (isForeign(pid, cluster)) return rmSync(file, { force: true });
  }
}

function isForeign(pid: number, cluster: string): boolean {
  const command = read(`/proc/${pid}/cmdline`);
  return command !== undefined && !command.includes(cluster);
}

function read(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}
