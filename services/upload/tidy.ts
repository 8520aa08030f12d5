import { readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Logger } from '#internal/log/log.ts';
import { type Context, pause } from '#internal/process/context.ts';

// No request writes its file so rarely, and replicas may share the folder.
const leftMs = 3_600_000;

/** Removes, every quarter of an hour until ctx is cancelled, spool files that killed processes left behind. */
export async function tidy(ctx: Context, folder: string, log: Logger): Promise<void> {
  while (!ctx.cancelled) {
    await removeLeft(folder, Date.now() - leftMs)
      .then((removed) => removed > 0 && log.info({ removed }, 'spool files left behind removed'))
      .catch((err) => log.warn({ err }, 'spool files not looked through'));
    await pause(ctx, leftMs / 4);
  }
}

/** Removes the files of a folder that nobody has written since a moment, in Unix milliseconds; tells how many. */
export async function removeLeft(folder: string, since: number): Promise<number> {
  let removed = 0;
  for (const name of await readdir(folder)) {
    const path = join(folder, name);
    // A request that has just ended removed its own.
    const file = await stat(path).catch(() => undefined);
    if (file === undefined || !file.isFile() || file.mtimeMs >= since) continue;
    await rm(path, { force: true });
    removed += 1;
  }
  return removed;
}
