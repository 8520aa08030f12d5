import type { Database } from '../database/database.ts';

const atOnce = 500;
// They become due one after the other: what is stored meanwhile never queues behind them.
const apartMs = 20;

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
    for (let count = atOnce; count === atOnce; sum += count) count = await step(database, eventId, sum * apartMs);
  }
  return sum;
}

async function insertMissing(database: Database, eventId: string, afterMs: number): Promise<number> {
  const rows = await database.query(
    `insert into stages (event_id, photo_id, stage, lane, next_attempt_at)
     select p.event_id, p.photo_id, 'backup', 'bulk',
       now() + make_interval(secs => ($2 + ${apartMs} * row_number() over (order by p.stored_seq)) / 1000.0) from photos p
     where p.event_id = $1 and p.stored_seq is not null and p.state <> 'deleted'
       and not exists (select from stages s where s.event_id = $1 and s.photo_id = p.photo_id and s.stage = 'backup')
     order by p.stored_seq limit ${atOnce} on conflict do nothing returning 1 as one`,
    [eventId, afterMs],
  );
  return rows.length;
}

// What was removed on purpose has a row that says so.
async function reopenLacking(database: Database, eventId: string, afterMs: number): Promise<number> {
  const rows = await database.query(
    `with lacking as (
       select distinct d.photo_id from stages d
       join photos p on p.event_id = d.event_id and p.photo_id = d.photo_id and p.state <> 'deleted'
       cross join unnest(backup_providers_of($1)) as w(name)
       where d.event_id = $1 and d.stage = 'backup' and d.state = 'done' and not exists (
         select from backups b where b.event_id = $1 and b.photo_id = d.photo_id and b.version = p.original_version and b.provider = w.name)
       limit ${atOnce}
     ), ordered as (select photo_id, row_number() over (order by photo_id) as n from lacking)
     update stages s set state = 'due', lane = 'bulk', generation = generation + 1, attempts = 0, error = null, error_class = null,
       next_attempt_at = now() + make_interval(secs => ($2 + ${apartMs} * o.n) / 1000.0), updated_at = now()
     from ordered o where s.event_id = $1 and s.stage = 'backup' and s.photo_id = o.photo_id and s.state = 'done'
     returning 1 as one`,
    [eventId, afterMs],
  );
  return rows.length;
}
