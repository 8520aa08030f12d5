import type { Database } from '../database/database.ts';

const atOnce = 500;

/** Lists the events whose photos go to some provider, live ones first. */
export async function readBackedEvents(database: Database): Promise<string[]> {
  const rows = await database.query<{ eventId: string }>(
    `select event_id as "eventId" from events where cardinality(backup_providers_of(event_id)) > 0
     order by state = 'live' desc, created_at desc`,
  );
  return rows.map(({ eventId }) => eventId);
}

/**
 * Gives photos of an event that were stored before a provider was there their stage of backup, in the bulk lane; sets those
 * due again that lack a copy at a provider which came later. Answers how many.
 */
export async function backfillEvent(database: Database, eventId: string): Promise<number> {
  let sum = 0;
  for (const step of [insertMissing, reopenLacking]) {
    for (let count = atOnce; count === atOnce; sum += count) count = await step(database, eventId);
  }
  return sum;
}

async function insertMissing(database: Database, eventId: string): Promise<number> {
  const rows = await database.query(
    `insert into stages (event_id, photo_id, stage, lane)
     select p.event_id, p.photo_id, 'backup', 'bulk' from photos p
     where p.event_id = $1 and p.stored_seq is not null and p.state <> 'deleted'
       and not exists (select from stages s where s.event_id = $1 and s.photo_id = p.photo_id and s.stage = 'backup')
     order by p.stored_seq limit ${atOnce} on conflict do nothing returning 1 as one`,
    [eventId],
  );
  return rows.length;
}

// What was removed on purpose has a row that says so.
async function reopenLacking(database: Database, eventId: string): Promise<number> {
  const rows = await database.query(
    `update stages s set state = 'due', lane = 'bulk', generation = generation + 1, attempts = 0, next_attempt_at = now(),
       error = null, error_class = null, updated_at = now()
     where s.event_id = $1 and s.stage = 'backup' and s.photo_id in (
       select d.photo_id from stages d
       join photos p on p.event_id = d.event_id and p.photo_id = d.photo_id and p.state <> 'deleted'
       cross join unnest(backup_providers_of($1)) as w(name)
       where d.event_id = $1 and d.stage = 'backup' and d.state = 'done' and not exists (
         select from backups b where b.event_id = $1 and b.photo_id = d.photo_id and b.version = p.original_version and b.provider = w.name)
       limit ${atOnce})
     returning 1 as one`,
    [eventId],
  );
  return rows.length;
}
