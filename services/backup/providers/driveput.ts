import { LRUCache } from 'lru-cache';
import { Fault } from '#internal/fault/fault.ts';
import type { DriveApi } from './driveapi.ts';
import type { DriveFile, DriveFiles, Metadata } from './drivefiles.ts';
import type { DriveFolders, Item } from './drivefolders.ts';
import { means, passes, Refusal } from './driverefusal.ts';
import { sumsOf } from './drivesource.ts';
import { type Sent, type Session, sendAll } from './driveupload.ts';
import type { Sums } from './provider.ts';

const mostSessions = 3;
// Google keeps a session for a week.
const sessionMs = 6 * 24 * 60 * 60 * 1000;

/** Is what putting needs; a chunk is what one request brings, and what one put holds in memory. */
export interface PutterDeps {
  api: DriveApi;
  files: DriveFiles;
  folders: DriveFolders;
  chunkBytes: number;
}

/** Puts items so that each is there once. */
export interface Putter {
  /** Names the id that an item has, or shall have. */
  idOf(item: Item, signal: AbortSignal): Promise<string>;
  /** Puts an item under the id that was written down for it, or else under its own. */
  put(item: Item, reserved: string | undefined, signal: AbortSignal): Promise<DriveFile>;
  /** Forgets an id whose file was removed: it is never given twice. */
  forget(id: string): void;
}

/** Makes a putter. It remembers ids and sessions that broke off; losing them costs a search and some bytes. */
export function createPutter(deps: PutterDeps): Putter {
  const ids = new LRUCache<string, Promise<string>>({ max: 10_000 });
  const keys = new LRUCache<string, string>({ max: 10_000 });
  const sessions = new LRUCache<string, string>({ max: 1_000, ttl: sessionMs });

  function idOf(item: Item, signal: AbortSignal): Promise<string> {
    const known = ids.get(keyOf(item));
    if (known !== undefined) return known;
    const found = findOrName(deps, item, signal);
    ids.set(keyOf(item), found);
    found.then(
      (id) => keys.set(id, keyOf(item)),
      () => ids.delete(keyOf(item)),
    );
    return found;
  }

  // Of two who put the same at once, only one may go on with a session.
  function takeSession(id: string): Session | undefined {
    const uri = sessions.get(id);
    sessions.delete(id);
    return uri === undefined ? undefined : { uri, resumed: true };
  }

  // Undefined when the id was used up.
  async function send(id: string, item: Item, signal: AbortSignal): Promise<Sent | undefined> {
    for (let tries = 1; ; tries++) {
      const session = takeSession(id) ?? (await begin(deps, id, item, signal));
      if (session === undefined) return undefined;
      try {
        return await sendAll(deps.api, session, item, deps.chunkBytes, signal);
      } catch (error) {
        if (!isOver(error)) sessions.set(id, session.uri);
        if (!isOver(error) || tries === mostSessions) throw error;
      }
    }
  }

  async function store(id: string, item: Item, signal: AbortSignal): Promise<DriveFile | undefined> {
    const sent = await send(id, item, signal);
    return sent === undefined ? settle(deps, id, item, signal) : proved(deps, id, item, sent, signal);
  }

  return {
    idOf,
    async put(item, reserved, signal) {
      const file = await store(reserved ?? (await idOf(item, signal)), item, signal);
      if (file !== undefined) return file;
      ids.delete(keyOf(item)); // It was removed for good.
      const again = await store(await idOf(item, signal), item, signal);
      if (again === undefined) throw new Refusal(404, 'id_lost');
      return again;
    },
    forget: (id) => ids.delete(keys.get(id) ?? ''),
  };
}

// What Google answers with 4xx in the middle of an upload ends its session, limits and room aside. Where somebody else
// made the file meanwhile, the next session is refused, and that tells.
function isOver(error: unknown): boolean {
  return error instanceof Refusal && !passes(error) && !means(error, 'full', 'spent');
}

async function begin(deps: PutterDeps, id: string, item: Item, signal: AbortSignal): Promise<Session | undefined> {
  const open = async () => deps.files.begin(await metadataOf(deps, id, item), item.size, false, signal);
  const uri = await open().catch((error: unknown) => {
    if (!means(error, 'missing')) throw error;
    deps.folders.forget(item.eventId); // Somebody removed the folder.
    return open();
  });
  return uri === undefined ? undefined : { uri, resumed: false };
}

// What has the id is this item, or was meant to be: it may lie in the trash or have been damaged.
async function settle(deps: PutterDeps, id: string, item: Item, signal: AbortSignal): Promise<DriveFile | undefined> {
  const file = await deps.files.get(id, signal);
  if (file === undefined) return undefined;
  if (file.trashed) await deps.files.trash(id, false, signal);
  const sums = item.sha256 !== undefined && file.sha256Checksum ? { sha256: item.sha256 } : await sumsOf(item, signal);
  return isSame(file, item.size, sums) ? file : replace(deps, id, item, signal);
}

async function replace(deps: PutterDeps, id: string, item: Item, signal: AbortSignal): Promise<DriveFile> {
  const uri = await deps.files.begin(await metadataOf(deps, id, item), item.size, true, signal);
  if (uri === undefined) throw new Refusal(503, 'replacement_refused');
  const sent = await sendAll(deps.api, { uri, resumed: false }, item, deps.chunkBytes, signal);
  return proved(deps, id, item, sent, signal);
}

async function metadataOf(deps: PutterDeps, id: string, item: Item): Promise<Metadata> {
  const { name, contentType: mimeType, description, kind } = item;
  const parents = [await deps.folders.of(item.eventId)];
  return { id, name, mimeType, parents, description, properties: { kilat: kind, kilat_item: item.item } };
}

// Where ids were not written down a crash may have left doubles: the oldest stays.
async function findOrName(deps: PutterDeps, item: Item, signal: AbortSignal): Promise<string> {
  const [oldest, ...doubles] = await deps.folders.find(item, signal);
  for (const double of doubles) await deps.files.remove(double.id, signal);
  return oldest?.id ?? deps.files.newId(signal);
}

async function proved(deps: PutterDeps, id: string, item: Item, sent: Sent, signal: AbortSignal): Promise<DriveFile> {
  const file = hasSums(sent.file) ? sent.file : await deps.files.get(id, signal);
  const sums = sent.sums ?? (await sumsOf(item, signal));
  if (file !== undefined && isSame(file, item.size, sums)) return file;
  throw new Fault('internal', 'Google Drive stored something else than was sent.', { class: 'server' });
}

function hasSums(file: DriveFile): boolean {
  return file.md5Checksum !== undefined || file.sha256Checksum !== undefined;
}

function isSame(file: DriveFile, size: number, sums: Sums): boolean {
  const pairs = [
    [file.sha256Checksum, sums.sha256],
    [file.md5Checksum, sums.md5],
  ].filter(([far, near]) => far !== undefined && near !== undefined);
  return file.size === size && pairs.length > 0 && pairs.every(([far, near]) => far === near);
}

function keyOf(item: Item): string {
  return `${item.eventId}/${item.kind}/${item.item}`;
}
