import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { Fault } from '#internal/fault/fault.ts';
import { createDriveApi } from './driveapi.ts';
import type { DriveKey } from './driveauth.ts';
import { createDriveFiles, type DriveFile, type DriveFiles, farSideOf } from './drivefiles.ts';
import { createDriveFolders, type Item } from './drivefolders.ts';
import { createPutter } from './driveput.ts';
import { readFile } from './driveread.ts';
import { asDriveFault, means } from './driverefusal.ts';
import type { Copy, Head, Listed, Provider, Stored } from './provider.ts';

const scheme = 'drive:';
const defaults = {
  ...{ endpoint: 'https://www.googleapis.com', chunkBytes: 4 * 1024 * 1024, timeoutMs: 120_000, backoffMs: 500 },
};

/** Is where and how copies go to Google Drive. */
export interface DriveSettings {
  name: string;
  key: DriveKey;
  /** Is the id of a folder, best of a shared drive: a service account owns no room of its own. */
  folder: string;
  /** Is a person of the domain in whose name the account acts, where the domain allows it. */
  subject?: string | undefined;
  /** Tells whether a photo's file name goes along as its description. */
  keepFileNames: boolean;
  endpoint?: string | undefined;
  /** Is the most that one request brings and one put holds in memory, a multiple of 256 KiB. */
  chunkBytes?: number | undefined;
  /** Is the longest wait for the head of an answer, a chunk's way there included. */
  timeoutMs?: number | undefined;
  backoffMs?: number | undefined;
}

/**
 * Opens Google Drive as a place for copies, by its REST API v3. Each event has a folder that is named by its id, each
 * copy is named by its photo's; nobody's name goes there unless the settings say so.
 */
export function openDrive(settings: DriveSettings): Provider {
  const { endpoint = defaults.endpoint, chunkBytes = defaults.chunkBytes } = settings;
  const { timeoutMs = defaults.timeoutMs, backoffMs = defaults.backoffMs, key, subject } = settings;
  const api = createDriveApi({ key, subject, endpoint, timeoutMs, backoffMs });
  const files = createDriveFiles(api, settings.folder);
  const folders = createDriveFolders(files, settings.folder);
  const putter = createPutter({ api, files, folders, chunkBytes });
  const itemOf = (copy: Copy) => itemOfCopy(copy, settings.keepFileNames);
  return {
    name: settings.name,
    reserve: (copy, signal) => guarded(async () => addressOf(await putter.idOf(itemOf(copy), signal))),
    put: (copy, signal) => guarded(async () => storedOf(await putter.put(itemOf(copy), idIn(copy.reserved), signal))),
    check: (address, signal) =>
      guarded(async () => {
        const file = await files.get(idOf(address), signal);
        return file === undefined || file.trashed ? undefined : farSideOf(file);
      }),
    read: (address, signal) => guarded(() => readFile(api, files, idOf(address), signal)),
    remove: (address, signal) =>
      guarded(async () => {
        putter.forget(idOf(address));
        await remove(files, idOf(address), signal);
      }),
    putHead: (head, signal) => guarded(async () => void (await putter.put(itemOfHead(head), undefined, signal))),
    async *list(eventId, signal) {
      try {
        for await (const file of folders.copies(eventId, signal)) yield* listedOf(file);
      } catch (error) {
        throw asDriveFault(error);
      }
    },
    async [Symbol.asyncDispose]() {},
  };
}

async function guarded<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw asDriveFault(error);
  }
}

async function remove(files: DriveFiles, id: string, signal: AbortSignal): Promise<void> {
  try {
    await files.remove(id, signal);
  } catch (error) {
    if (!means(error, 'denied') || error.status !== 403) throw error;
    await files.trash(id, true, signal);
    // Not `unavailable`: copies can still be made meanwhile.
    const message =
      'Google Drive only lets the account move copies to the trash: make it a manager of the shared drive.';
    throw new Fault('internal', message, { cause: error, class: 'server' });
  }
}

function itemOfCopy(copy: Copy, keepFileNames: boolean): Item {
  const { eventId, photoId, version, size, sha256, crc32, contentType } = copy;
  const description = keepFileNames ? copy.fileName : undefined;
  const name = `${photoId}-${version}.${extensionOf(contentType)}`;
  const open = (signal: AbortSignal) => copy.open(signal);
  const what = { eventId, kind: 'copy', item: `${photoId}/${version}`, name, contentType, description } as const;
  return { ...what, size, sha256, crc32, open };
}

function itemOfHead({ eventId, name, text }: Head): Item {
  const bytes = Buffer.from(text);
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  const what = { eventId, kind: 'head', item: name, name, contentType: 'text/plain' } as const;
  return { ...what, size: bytes.byteLength, sha256, open: async () => Readable.from([bytes]) };
}

// The end of a person's file name is data too, so the type alone decides.
function extensionOf(contentType: string): string {
  const last = contentType.split(/[/-]/).at(-1) ?? '';
  return last === 'jpeg' ? 'jpg' : last.replace(/[^a-z0-9]/g, '');
}

function addressOf(id: string): string {
  return `${scheme}${id}`;
}

function idOf(address: string): string {
  if (!address.startsWith(scheme)) throw new Fault('invalid', 'This address is none of Google Drive.');
  return address.slice(scheme.length);
}

function idIn(address: string | undefined): string | undefined {
  return address === undefined ? undefined : idOf(address);
}

function storedOf(file: DriveFile): Stored {
  return { address: addressOf(file.id), ...farSideOf(file) };
}

function* listedOf(file: DriveFile): Generator<Listed> {
  const [, photoId, version] = /^([0-9a-f-]{36})\/(\d+)$/.exec(file.properties?.kilat_item ?? '') ?? [];
  if (photoId === undefined) return;
  yield { address: addressOf(file.id), photoId, version: Number(version), size: file.size ?? 0 };
}
