import { validate as isUuid } from 'uuid';
import type { Database } from '../database/database.ts';
import { listFolders } from '../objects/folders.ts';
import { eventPrefix, eventsPrefix, photoOfOriginal } from '../objects/key.ts';
import type { ListedObject, Objects } from '../objects/objects.ts';

/** Is an original in the bucket, and the photo that its key names. */
export interface Original extends ListedObject {
  photoId: string;
}

/** Lists the originals of an event that the bucket holds. */
export async function* listOriginals(objects: Objects, eventId: string): AsyncGenerator<Original> {
  for await (const object of objects.list(eventPrefix(eventId))) {
    const photoId = photoOfOriginal(object.key);
    if (photoId !== undefined) yield { ...object, photoId };
  }
}

/** Lists the events of which the bucket holds something and the database nothing. */
export async function findLostEvents(database: Database, objects: Objects): Promise<string[]> {
  const found: string[] = [];
  for await (const folder of listFolders(objects, eventsPrefix)) if (isUuid(folder)) found.push(folder);
  // After the listing: who made an event meanwhile made its row first.
  const rows = await database.query<{ eventId: string }>(
    `select event_id as "eventId" from unnest($1::uuid[]) e(event_id) where not exists (select from heads h where h.event_id = e.event_id)`,
    [found],
  );
  return rows.map(({ eventId }) => eventId);
}
