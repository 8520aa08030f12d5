import { mkdirSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { execute } from '../../deploy/local/program.ts';
import type { Disturbance } from './disturbance.ts';

/** Is a small disk in memory for the spool files of one target; Linux, as root. */
export interface SmallDisk extends AsyncDisposable {
  readonly folder: string;
}

const mebibytes = 512;

/** Mounts a small disk. */
export async function openSmallDisk(folder: string): Promise<SmallDisk> {
  mkdirSync(folder, { recursive: true });
  await execute(['mount', '-t', 'tmpfs', '-o', `size=${mebibytes}m`, 'tmpfs', folder]);
  return { folder, [Symbol.asyncDispose]: async () => void (await execute(['umount', '-l', folder])) };
}

/** Makes a disk full for a while: to the last byte. */
export function diskFull({ folder }: SmallDisk, ms: number): Disturbance {
  const filler = join(folder, 'filler');
  return {
    name: 'spool disk full',
    async happen() {
      for (let left = freeBytes(folder); left > 0; left = freeBytes(folder)) {
        const enough = Math.min(left, 16 * 1024 * 1024);
        writeFileSync(filler, Buffer.alloc(enough), { flag: 'a' });
      }
      await sleep(ms);
      rmSync(filler, { force: true }); // uploads alone may have filled the disk
    },
  };
}

function freeBytes(folder: string): number {
  const { bavail, bsize } = statfsSync(folder);
  return bavail * bsize;
}

/** Is a bucket's quota, which may be used up for a while. */
export interface Quota {
  isFull: boolean;
}

/** Makes a bucket refuse every write for a while. */
export function quotaFull(quota: Quota, ms: number): Disturbance {
  return {
    name: 'bucket quota full',
    async happen() {
      quota.isFull = true;
      await sleep(ms);
      quota.isFull = false;
    },
  };
}
