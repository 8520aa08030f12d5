import { type RenditionName, renditionEdges } from '@kilat/contract';
import { v7 as uuidv7 } from 'uuid';
import type { Database } from '../database/database.ts';

/** Says which photos are to be rendered anew: of one event or of all, those that lack a rendition, failed ones too. */
export interface Scope {
  eventId: string | undefined;
  missing: RenditionName | undefined;
  failed: boolean;
}

/** Is one run of a backfill, and how many photos it had set due before. */
export interface Run {
  runId: string;
  scope: Scope;
  set: number;
}

/** Is a photo whose work of a run ended without success. */
export interface Failed {
  event_id: string;
  photo_id: string;
  class: string;
  error: string;
}

const [states, statesAndFailed] = [
  ['stored', 'ready'],
  ['stored', 'ready', 'failed'],
];
// A release may have brought another decoder since a run that nobody ended.
const longest = '7 days';

// $1 the run, $2 an event or null, $3 the states, $4 a rendition or null. What was rendered since the run began is as new.
const wanted = `p.state = any($3) and s.state in ('done', 'failed') and s.backfill_id is distinct from $1
  and ($2::uuid is null or p.event_id = $2) and coalesce(p.thumbnails_ready_at, '-infinity') < r.started_at
  and ($4::text is null or (not $4 = any(p.renditions) and ($4 <> 'web' or e.web_originals)
    and ($4 <> 'xlarge' or coalesce(greatest(p.width, p.height) > ${renditionEdges.large}, true))))`;
const tables = `photos p join stages s on s.event_id = p.event_id and s.photo_id = p.photo_id and s.stage = 'thumbnail'
  join events e on e.event_id = p.event_id join backfills r on r.backfill_id = $1`;

/** Begins a run, or goes on with the one of the same scope that was not ended and is at most a week old. */
export async function beginRun(database: Database, scope: Scope): Promise<Run> {
  const { eventId = null, missing = null, failed } = scope;
  const text = JSON.stringify({ event_id: eventId, missing, failed });
  await database.query(
    `update backfills set ended_at = now() where scope = $1 and ended_at is null and started_at < now() - interval '${longest}'`,
    [text],
  );
  await database.query(
    'insert into backfills (backfill_id, scope) values ($1, $2) on conflict (scope) where ended_at is null do nothing',
    [uuidv7(), text],
  );
  const [run] = await database.query<Omit<Run, 'scope'>>(
    `select r.backfill_id as "runId", (select count(*)::int from stages s where s.backfill_id = r.backfill_id) as set
     from backfills r where scope = $1 and ended_at is null`,
    [text],
  );
  if (run === undefined) throw new Error('a run that was begun is not there');
  return { ...run, scope };
}

/** Lists one event or all, those that guests look at first: live ones, then the newest. */
export async function readEvents(database: Database, eventId: string | undefined): Promise<string[]> {
  const rows = await database.query<{ eventId: string }>(
    `select event_id as "eventId" from events where $1::text is null or event_id::text = $1
     order by state = 'live' desc, created_at desc`,
    [eventId ?? null],
  );
  return rows.map(({ eventId: id }) => id);
}

/** Counts the photos that a run has not set due yet. */
export async function countWanted(database: Database, run: Run): Promise<number> {
  const [row] = await database.query<{ n: number }>(
    `select count(*)::int as n from ${tables} where ${wanted}`,
    paramsOf(run, run.scope.eventId),
  );
  return row?.n ?? 0;
}

/**
 * Sets up to `limit` photos of an event due in the bulk lane, under their next generation, the newest before a stored_seq
 * first. Until each is rendered its guests see what they saw. Answers how many, and where to go on.
 */
export async function setDue(
  database: Database,
  run: Run,
  eventId: string,
  { before, limit }: { before: number; limit: number },
): Promise<{ set: number; before: number | undefined }> {
  const [row] = await database.query<{ found: number; set: number; last: number | null }>(
    `with chosen as (
       select p.event_id, p.photo_id, p.stored_seq from ${tables} where ${wanted} and p.stored_seq < $5
       order by p.stored_seq desc limit $6
     ), changed as (
       update stages s set state = 'due', lane = 'bulk', generation = generation + 1, attempts = 0, next_attempt_at = now(),
         error = null, error_class = null, backfill_id = $1, updated_at = now()
       from chosen c where s.event_id = c.event_id and s.photo_id = c.photo_id and s.stage = 'thumbnail'
         and s.state in ('done', 'failed') returning 1
     )
     select (select count(*)::int from chosen) as found, (select count(*)::int from changed) as set,
       (select min(stored_seq) from chosen) as last`,
    [...paramsOf(run, eventId), before, limit],
  );
  return { set: row?.set ?? 0, before: row?.found === limit ? (row.last ?? undefined) : undefined };
}

/** Counts what a run has set due and nobody has settled. */
export async function countUnsettled(database: Database, { runId }: Run): Promise<number> {
  const [row] = await database.query<{ n: number }>(
    `select count(*)::int as n from stages where backfill_id = $1 and state in ('due', 'queued')`,
    [runId],
  );
  return row?.n ?? 0;
}

/** Lists a run's photos whose work failed. */
export function readFailed(database: Database, { runId }: Run): Promise<Failed[]> {
  return database.query<Failed>(
    `select event_id, photo_id, coalesce(error_class, 'unknown') as class, coalesce(error, '') as error from stages
     where backfill_id = $1 and state = 'failed' order by event_id, photo_id`,
    [runId],
  );
}

/** Ends a run: the same command then begins another. */
export async function endRun(database: Database, { runId }: Run): Promise<void> {
  await database.query('update backfills set ended_at = now() where backfill_id = $1', [runId]);
}

function paramsOf({ runId, scope }: Run, eventId: string | undefined): unknown[] {
  return [runId, eventId ?? null, scope.failed ? statesAndFailed : states, scope.missing ?? null];
}
