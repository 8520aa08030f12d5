import type { RenditionName } from '@kilat/contract';
import type { Queryable } from '../database/database.ts';
import { originalKey, renditionKey } from '../objects/key.ts';

interface Row {
  eventId: string;
  photoId: string;
  stored: boolean;
  originalVersion: number;
  version: number;
  renditions: RenditionName[];
}

const pageSize = 5_000;

/** Lists the keys of all objects that photos name: originals that were stored, renditions that can be seen. */
export async function* namedKeys(from: Queryable): AsyncGenerator<string> {
  let last: Row | undefined;
  do {
    const rows: Row[] = await readPage(from, last);
    for (const row of rows) yield* keysOf(row);
    last = rows.length < pageSize ? undefined : rows.at(-1);
  } while (last !== undefined);
}

/** Tells whether a key is of what a snapshot takes along: no tails of uploads under way, nothing of others. */
export function isArchivedKey(key: string): boolean {
  return /^e\/[0-9a-f-]{36}\/[0-9a-f-]{36}\/(?!tail-)[a-z]+-\d+(\.[a-z]+)?$/.test(key);
}

function readPage(from: Queryable, last: Row | undefined): Promise<Row[]> {
  const none = '00000000-0000-0000-0000-000000000000';
  return from.query<Row>(
    `select event_id as "eventId", photo_id as "photoId", stored_seq is not null as stored, original_version as "originalVersion",
       version, renditions from photos where (event_id, photo_id) > ($1, $2) and state <> 'deleted'
     order by event_id, photo_id limit ${pageSize}`,
    [last?.eventId ?? none, last?.photoId ?? none],
  );
}

function keysOf({ eventId, photoId, stored, originalVersion, version, renditions }: Row): string[] {
  const original = stored ? [originalKey(eventId, photoId, originalVersion)] : [];
  return [...original, ...renditions.map((name) => renditionKey(eventId, photoId, name, version))];
}
