import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';

/**
 * Removes the lock of a PostgreSQL that was killed, when its process id belongs to another program now.
 *
 * PostgreSQL only asks whether that process lives: in a restarted container, where ids begin again, it would
 * refuse to start for ever. Two of ours never share a folder: the installation has a lock of its own.
 */
export function forgetDeadPostmaster(cluster: string): void {
  const file = join(cluster, 'postmaster.pid');
  const pid = Number.parseInt(read(file) ?? '', 10);
  if (Number.isNaN(pid) || process.platform !== 'linux') return;
  const command = read(`/proc/${pid}/cmdline`);
  if (command?.includes(cluster)) return;
  rmSync(file, { force: true });
}

function read(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}
