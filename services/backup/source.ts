import { Readable } from 'node:stream';
import { type KnownSums, proved, type ReadSums } from '#internal/backups/sums.ts';
import type { Database } from '#internal/database/database.ts';
import { Fault } from '#internal/fault/fault.ts';
import { originalKey } from '#internal/objects/key.ts';
import type { Objects } from '#internal/objects/objects.ts';

/** Is what copying needs of a photo's row. */
export interface PhotoFacts extends KnownSums {
  version: number;
  contentType: string;
  fileName: string;
}

/** Is an original that is read for one copy. */
export interface Source {
  /** Opens it from its first byte; the last one comes only when all are proved to be those that are known. */
  open(signal: AbortSignal): Promise<Readable>;
  /** Is what was read, once a reading came to its end. */
  readonly sums: ReadSums | undefined;
  /** Is what was wrong with the original, or with the storage that has it: no fault of the copy's provider. */
  readonly failure: unknown;
}

/** Reads the facts of a stored photo; undefined when it is deleted. */
export async function readFacts(database: Database, eventId: string, photoId: string): Promise<PhotoFacts | undefined> {
  const [row] = await database.query<PhotoFacts>(
    `select size, sha256, crc32, original_version as version, file_name as "fileName",
       coalesce(content_type, 'application/octet-stream') as "contentType"
     from photos where event_id = $1 and photo_id = $2 and stored_at is not null and state <> 'deleted'`,
    [eventId, photoId],
  );
  return row;
}

/** Makes the source of one copy; `onBytes` hears of each piece that went on. */
export function sourceOf(
  objects: Objects,
  photo: { eventId: string; photoId: string },
  facts: PhotoFacts,
  onBytes: (count: number) => void,
): Source {
  const key = originalKey(photo.eventId, photo.photoId, facts.version);
  const state: { sums: ReadSums | undefined; failure: unknown } = { sums: undefined, failure: undefined };
  async function* read(signal: AbortSignal) {
    let isReading = true;
    try {
      const object = await objects.get(key, { signal });
      if (object === undefined)
        throw new Fault('missing', 'The original is not in the object storage.', { code: 'photo_missing' });
      for await (const chunk of proved(object.body, facts, (sums) => Object.assign(state, { sums }))) {
        onBytes(chunk.length);
        isReading = false;
        yield chunk;
        isReading = true;
      }
    } catch (error) {
      // Whoever lets go of a reading early has its own reason, which comes in here too.
      if (isReading && !signal.aborted) state.failure = asSourceFault(error);
      throw error;
    }
  }
  return {
    open: async (signal) => {
      Object.assign(state, { sums: undefined, failure: undefined });
      const body = Readable.from(read(signal), { objectMode: false });
      // Whoever reads it hears of it too; an error that nobody hears would end the process.
      return body.on('error', () => {});
    },
    get sums() {
      return state.sums;
    },
    get failure() {
      return state.failure;
    },
  };
}

function asSourceFault(cause: unknown): Fault {
  if (cause instanceof Fault) return cause;
  return new Fault('unavailable', 'The object storage is not available.', { cause, class: 'network' });
}
