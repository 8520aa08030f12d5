import { open } from 'node:fs/promises';
import { dirname } from 'node:path';
import { LRUCache } from 'lru-cache';

/** Syncs a file or a folder, and tells which one it was: another one of the same name is told apart. */
export type Sync = (path: string) => Promise<string>;

/** Syncs a file or a folder of this machine. */
export async function syncPath(path: string): Promise<string> {
  const handle = await open(path, 'r');
  try {
    await handle.sync();
    const { ino, birthtimeNs } = await handle.stat({ bigint: true });
    return `${ino} ${birthtimeNs}`;
  } finally {
    await handle.close();
  }
}

/**
 * Makes a function that makes what lies below a folder outlive a power cut: first itself, then the entry of it and of each
 * folder that leads to it. Those who need the sync of one folder at the same time share it.
 */
export function settlerOf(root: string, sync: Sync): (path: string) => Promise<void> {
  const syncFolder = grouped(sync);
  // A folder's entry stays durable as long as it is the same folder: an empty one may go, and come again by its name.
  const durable = new LRUCache<string, string>({ max: 50_000 });
  async function settleEntry(path: string): Promise<void> {
    const folder = dirname(path);
    const is = await syncFolder(folder);
    if (folder === root || durable.get(folder) === is) return;
    await settleEntry(folder);
    durable.set(folder, is);
  }
  return async (path) => {
    await sync(path);
    await settleEntry(path);
  };
}

/** Groups syncs of one path, as databases group commits: while one runs, all who come wait together for the next. */
function grouped(sync: Sync): Sync {
  const running = new Map<string, Promise<string>>();
  const waiting = new Map<string, Promise<string>>();
  function begin(path: string): Promise<string> {
    const run = sync(path);
    const done = () => void (running.get(path) === run && running.delete(path));
    running.set(path, run);
    run.then(done, done);
    return run;
  }
  async function after(ahead: Promise<string>, path: string): Promise<string> {
    await ahead.catch(() => {});
    waiting.delete(path);
    return begin(path);
  }
  return (path) => {
    const ahead = running.get(path);
    if (ahead === undefined) return begin(path);
    const next = waiting.get(path) ?? after(ahead, path);
    waiting.set(path, next);
    return next;
  };
}
