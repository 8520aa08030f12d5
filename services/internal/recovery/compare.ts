import type { Database } from '../database/database.ts';
import type { Objects } from '../objects/objects.ts';
import type { Finding } from './finding.ts';
import { listOriginals, type Original } from './strays.ts';

interface Compared {
  database: Database;
  objects: Objects;
}

const atOnce = 1_000;

/** Finds photos that the journal stored and that have no row, or one that says otherwise. */
export async function compareJournal(
  { database }: Compared,
  eventId: string,
  stored: ReadonlySet<string>,
): Promise<Finding[]> {
  const rows = await database.query<{ photoId: string; stored: boolean }>(
    `select photo_id as "photoId", stored_seq is not null as stored from photos where event_id = $1`,
    [eventId],
  );
  const known = new Map(rows.map(({ photoId, stored: isStored }) => [photoId, isStored]));
  return [...stored].flatMap((photo_id): Finding[] => {
    if (known.get(photo_id) === true) return [];
    if (known.has(photo_id))
      return [{ photo_id, problem: 'row_differs', detail: 'the journal stored it, its row denies it' }];
    return [{ photo_id, problem: 'row_missing', detail: 'the journal stored it, its row is gone' }];
  });
}

/** Finds originals in the bucket that no photo has, or only one that was never stored and is on its way no more. */
export async function compareBucket({ database, objects }: Compared, eventId: string): Promise<Finding[]> {
  const findings: Finding[] = [];
  let page: Original[] = [];
  for await (const original of listOriginals(objects, eventId)) {
    if (page.push(original) < atOnce) continue;
    findings.push(...(await judge(database, eventId, page)));
    page = [];
  }
  return [...findings, ...(await judge(database, eventId, page))];
}

// Rows are read after the listing: a photo has its row before a byte of it can be in the bucket.
async function judge(database: Database, eventId: string, page: readonly Original[]): Promise<Finding[]> {
  const rows = await database.query<{ photoId: string; fine: boolean }>(
    `select p.photo_id as "photoId", p.stored_seq is not null or p.state = 'deleted' or exists (
       select from uploads u where u.event_id = p.event_id and u.photo_id = p.photo_id and u.state = 'open') as fine
     from photos p where p.event_id = $1 and p.photo_id = any($2::uuid[])`,
    [eventId, page.map(({ photoId }) => photoId)],
  );
  const known = new Map(rows.map(({ photoId, fine }) => [photoId, fine]));
  return page.flatMap(({ photoId: photo_id, key }): Finding[] => {
    const fine = known.get(photo_id);
    if (fine === undefined) return [{ photo_id, problem: 'object_without_row', detail: `${key} belongs to no photo` }];
    return fine ? [] : [{ photo_id, problem: 'not_stored', detail: `${key} is there, its photo was never stored` }];
  });
}
