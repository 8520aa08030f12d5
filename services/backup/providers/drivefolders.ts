import { LRUCache } from 'lru-cache';
import { Fault } from '#internal/fault/fault.ts';
import { type DriveFile, type DriveFiles, folderType, quoted } from './drivefiles.ts';
import { means } from './driverefusal.ts';
import type { Source } from './drivesource.ts';

const patienceMs = 60_000;

/** Is what is put: a copy of an original, or a head of a journal. */
export interface Item extends Source {
  eventId: string;
  kind: 'copy' | 'head';
  /** Names it within its event and kind. */
  item: string;
  name: string;
  contentType: string;
  description?: string | undefined;
}

/** Knows the folders of events. */
export interface DriveFolders {
  /** Finds or makes the folder that an event's files go to. */
  of(eventId: string): Promise<string>;
  /** Looks the folders of an event up anew next time. */
  forget(eventId: string): void;
  /** Finds one item, the oldest first where it is there more than once. */
  find(item: Item, signal: AbortSignal): Promise<DriveFile[]>;
  /** Lists an event's copies. */
  copies(eventId: string, signal: AbortSignal): AsyncGenerator<DriveFile, void>;
}

/** Keeps the folders of events below the root folder; each is named by its event's id. */
export function createDriveFolders(files: DriveFiles, root: string): DriveFolders {
  // Two who come first at once make a folder each: the oldest is written to, all are searched.
  const known = new LRUCache<string, Promise<string[]>>({ max: 1_000 });
  async function look(eventId: string, signal: AbortSignal): Promise<string[]> {
    const terms = [isIn([root]), `name = ${quoted(eventId)}`, `mimeType = ${quoted(folderType)}`];
    return (await gathered(files.search(terms, signal))).map((folder) => folder.id);
  }
  async function lookOrMake(eventId: string): Promise<string[]> {
    const signal = AbortSignal.timeout(patienceMs); // Many wait for it, so nobody's own signal ends it.
    const found = await look(eventId, signal);
    if (found.length > 0) return found;
    const id = await files.newId(signal);
    await files.makeFolder({ id, name: eventId, mimeType: folderType, parents: [root] }, signal);
    return [id];
  }
  function all(eventId: string): Promise<string[]> {
    const there = known.get(eventId);
    if (there !== undefined) return there;
    const folders = rooted(lookOrMake(eventId));
    known.set(eventId, folders);
    folders.catch(() => known.delete(eventId));
    return folders;
  }
  const search = (folders: string[], terms: string[], signal: AbortSignal) =>
    files.search([isIn(folders), ...terms], signal);
  return {
    async of(eventId) {
      const [oldest = root] = await all(eventId);
      return oldest;
    },
    forget: (eventId) => known.delete(eventId),
    async find({ eventId, kind, item }, signal) {
      const terms = [has('kilat', kind), has('kilat_item', item)];
      try {
        return await gathered(search(await all(eventId), terms, signal));
      } catch (error) {
        if (!means(error, 'missing')) throw error;
        known.delete(eventId); // Somebody removed a folder.
        return gathered(search(await all(eventId), terms, signal));
      }
    },
    async *copies(eventId, signal) {
      const mine = await known.get(eventId);
      const folders = new Set([...(await rooted(look(eventId, signal))), ...(mine ?? [])]);
      if (folders.size > 0) yield* search([...folders], [has('kilat', 'copy')], signal);
    },
  };
}

// Of `properties` and not of `appProperties`: those are seen by the project that wrote them only, and a restore may come
// with another project's key.
function has(key: string, value: string): string {
  return `properties has { key=${quoted(key)} and value=${quoted(value)} }`;
}

function isIn(folders: readonly string[]): string {
  return `(${folders.map((id) => `${quoted(id)} in parents`).join(' or ')})`;
}

async function gathered<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}

async function rooted<T>(work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    if (!means(error, 'missing')) throw error;
    const message = 'The folder for copies is not there, or is not shared with the account.';
    throw new Fault('unavailable', message, { cause: error, retryAfter: 60, class: 'server' });
  }
}
