import type { Entry } from '@kilat/contract';
import type { Bus } from '#internal/bus/bus.ts';
import type { Database } from '#internal/database/database.ts';
import { type KeptEntry, readEntries } from '#internal/journal/journal.ts';
import type { Logger } from '#internal/log/log.ts';
import { follow } from '#internal/trace/trace.ts';

const eventsAtOnce = 50;
const entriesAtOnce = 500;

/** Is what publishing needs. */
export interface PublishDeps {
  database: Database;
  bus: Bus;
  log: Logger;
  onPublished: (entry: Entry) => void;
}

/** Publishes what the journal holds beyond its cursors: each event in order, events side by side. Returns how many. */
export async function publishEntries(deps: PublishDeps): Promise<number> {
  const behind = await deps.database.query<{ eventId: string; published: number }>(
    `select h.event_id as "eventId", coalesce(c.published_seq, 0) as published from heads h
     left join relay_cursors c on c.event_id = h.event_id where h.head_seq > coalesce(c.published_seq, 0)
     order by c.updated_at nulls first limit $1`,
    [eventsAtOnce],
  );
  const tries = await Promise.allSettled(
    behind.map(({ eventId, published }) => publishEvent(deps, eventId, published)),
  );
  // All have ended before one's failure is told: two rounds at once would publish an event twice.
  const failure = tries.find((one) => one.status === 'rejected');
  if (failure !== undefined) throw failure.reason;
  return tries.reduce((sum, one) => sum + (one.status === 'fulfilled' ? one.value : 0), 0);
}

async function publishEvent(deps: PublishDeps, eventId: string, after: number): Promise<number> {
  const entries = await readEntries(deps.database, eventId, after, entriesAtOnce);
  for (const entry of entries) await publishOne(deps, entry);
  const last = entries.at(-1);
  if (last !== undefined) await moveCursor(deps.database, eventId, last.seq);
  return entries.length;
}

async function publishOne(deps: PublishDeps, { traceparent, ...entry }: KeptEntry): Promise<void> {
  const { event_id, photo_id, seq, type } = entry;
  await follow(traceparent, 'relay.publish', { event_id, seq, type }, () => deps.bus.publishEntry(entry));
  deps.onPublished(entry);
  deps.log.info({ photo_id, event_id, seq, type }, 'entry published');
}

async function moveCursor(database: Database, eventId: string, seq: number): Promise<void> {
  await database.query(
    `insert into relay_cursors (event_id, published_seq) values ($1, $2)
     on conflict (event_id) do update set published_seq = excluded.published_seq, updated_at = now()
     where relay_cursors.published_seq < excluded.published_seq`,
    [eventId, seq],
  );
}

/** Reads for how many seconds the oldest entry has waited that is committed and not published; 0 when none waits. */
export async function readUnpublished({ database }: Pick<PublishDeps, 'database'>): Promise<number> {
  const [row] = await database.query<{ seconds: number }>(
    `select coalesce(extract(epoch from clock_timestamp() - min(j.recorded_at)), 0)::float8 as seconds
     from heads h left join relay_cursors c on c.event_id = h.event_id
     cross join lateral (select recorded_at from journal
       where event_id = h.event_id and seq = coalesce(c.published_seq, 0) + 1) j
     where h.head_seq > coalesce(c.published_seq, 0)`,
  );
  return Math.max(0, row?.seconds ?? 0);
}
