import { constants } from 'node:fs';
import { mkdir, mkdtemp, open, readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';

const prefix = 'photo-';
// No photo takes so long, and replicas may share the folder.
const leftMs = 3_600_000;
const mostLeftBytes = 512 * 1024 * 1024;

/** Is where one photo is worked on: a folder of its own, gone when its work has ended. */
export interface Desk extends AsyncDisposable {
  folder: string;
  /** Is where its original goes. */
  original: string;
}

/** Opens a desk in a folder. */
export async function openDesk(within: string): Promise<Desk> {
  const desk = await mkdtemp(join(within, prefix));
  const folder = join(desk, 'renditions');
  await mkdir(folder);
  return {
    ...{ folder, original: join(desk, 'original') },
    [Symbol.asyncDispose]: () => rm(desk, { recursive: true, force: true }),
  };
}

/**
 * Reads what a decoder has left. It worked on what strangers sent: what is no plain file, or larger than any rendition, is
 * not read.
 */
export async function readLeft(path: string): Promise<Buffer> {
  await using file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  const found = await file.stat();
  if (!found.isFile() || found.size > mostLeftBytes) throw new Error('a decoder left what is no rendition');
  return file.readFile();
}

/** Makes the folder of desks, and clears those away that killed processes left; tells how many. */
export async function clearDesks(within: string): Promise<number> {
  await mkdir(within, { recursive: true });
  let cleared = 0;
  for (const name of await readdir(within)) {
    if (!name.startsWith(prefix)) continue;
    const path = join(within, name);
    const found = await stat(path).catch(() => undefined);
    if (found === undefined || found.mtimeMs > Date.now() - leftMs) continue;
    await rm(path, { recursive: true, force: true });
    cleared += 1;
  }
  return cleared;
}
