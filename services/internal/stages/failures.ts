import type { FailureClass, FailureCount, FailurePage, FailureStage, FailureView } from '@kilat/contract';
import type { Database, Queryable } from '../database/database.ts';

/** Picks failures of one class or stage; all without. */
export interface FailurePick {
  class?: FailureClass | undefined;
  stage?: FailureStage | undefined;
}

/** Asks for a page: what failed before a cursor (or the newest), at most `limit`. */
export interface FailureRequest extends FailurePick {
  eventId: string;
  before?: string | undefined;
  limit: number;
}

/** Is what an event's failures are, without what the caller may do about them. */
export type Failures = Omit<FailurePage, 'may_retry' | 'may_discard'>;

/** Says in SQL, of each table, what failed and was not set aside since, and its class; the indexes say the same. */
export const failed = {
  stages: `state = 'failed' and (discarded_at is null or discarded_at < updated_at)`,
  uploads: `state in ('refused', 'gone', 'expired') and discarded_at is null`,
} as const;
export const classOf = {
  stages: `coalesce(error_class, 'unknown')`,
  uploads: `case state when 'gone' then 'server' when 'expired' then 'network' else 'invalid' end`,
} as const;

// $1 the event, $2 a class or null, $3 a stage or null, $4 to $6 the place before which the page begins, $7 how many.
const keys = `(
  select photo_id, stage, ${classOf.stages} as class, updated_at as failed_at from stages
  where event_id = $1 and ${failed.stages} and ($2::text is null or ${classOf.stages} = $2) and ($3::text is null or stage = $3)
    and (updated_at, photo_id, stage) < ($4::timestamptz, $5::uuid, $6::text)
  order by updated_at desc, photo_id desc, stage desc limit $7
) union all (
  select photo_id, 'upload', ${classOf.uploads}, last_activity_at from uploads
  where event_id = $1 and ${failed.uploads} and ($2::text is null or ${classOf.uploads} = $2) and ($3::text is null or $3 = 'upload')
    and (last_activity_at, photo_id, 'upload'::text) < ($4::timestamptz, $5::uuid, $6::text)
  order by last_activity_at desc, photo_id desc limit $7
) order by failed_at desc, photo_id desc, stage desc limit $7`;

const pageSql = `with keys as materialized (${keys})
  select k.photo_id as "photoId", k.stage, k.class, s.error, u.refusal as code, coalesce(s.attempts, 1) as attempts,
    (extract(epoch from k.failed_at) * 1000000)::bigint as micros, p.file_name as "fileName", p.state as "photoState"
  from keys k join photos p on p.event_id = $1 and p.photo_id = k.photo_id
  left join stages s on s.event_id = $1 and s.photo_id = k.photo_id and s.stage = k.stage
  left join uploads u on k.stage = 'upload' and u.event_id = $1 and u.photo_id = k.photo_id
  order by k.failed_at desc, k.photo_id desc, k.stage desc`;

const countsSql = `select stage, ${classOf.stages} as class, count(*)::int as count from stages
    where event_id = $1 and ${failed.stages} group by 1, 2
  union all select 'upload', ${classOf.uploads}, count(*)::int from uploads
    where event_id = $1 and ${failed.uploads} group by 2
  order by count desc, stage, class`;

const discardedSql = `select ((select count(*) from stages where event_id = $1 and state = 'failed' and discarded_at >= updated_at)
  + (select count(*) from uploads where event_id = $1 and discarded_at is not null))::int as discarded`;

interface Row {
  photoId: string;
  stage: FailureStage;
  class: FailureClass;
  error: string | null;
  code: string | null;
  attempts: number;
  micros: number;
  fileName: string;
  photoState: FailureView['photo_state'];
}

/** Reads a page of what failed in an event, newest first; a first page that picks nothing also tells how much there is. */
export function readFailures(database: Database, request: FailureRequest): Promise<Failures> {
  const { eventId, limit, before } = request;
  const isOverview = before === undefined && request.class === undefined && request.stage === undefined;
  return database.snapshot(async (tx) => {
    const params = [eventId, request.class ?? null, request.stage ?? null, ...placeOf(before), limit + 1];
    const rows = await tx.query<Row>(pageSql, params);
    const shown = rows.slice(0, limit);
    const last = rows.length > limit ? shown.at(-1) : undefined;
    const next = last === undefined ? null : `${last.micros}.${last.photoId}.${last.stage}`;
    const page = { failures: shown.map(viewOf), before: next };
    return isOverview ? { ...page, ...(await readCounts(tx, eventId)) } : page;
  });
}

// Not on every page: where much failed this is what takes the time.
async function readCounts(tx: Queryable, eventId: string) {
  const counts = await tx.query<FailureCount>(countsSql, [eventId]);
  const [row] = await tx.query<{ discarded: number }>(discardedSql, [eventId]);
  return { counts, discarded: row?.discarded ?? 0 };
}

function viewOf(row: Row): FailureView {
  return {
    photo_id: row.photoId,
    stage: row.stage,
    class: row.class,
    error: row.error,
    code: row.code,
    attempts: row.attempts,
    failed_at: momentOf(row.micros),
    file_name: row.fileName,
    photo_state: row.photoState,
    retryable: row.stage !== 'upload',
  };
}

function placeOf(cursor: string | undefined): string[] {
  const [micros, photoId = '', stage = ''] = cursor?.split('.') ?? [];
  if (micros === undefined) return ['infinity', '00000000-0000-0000-0000-000000000000', ''];
  return [momentOf(Number(micros)), photoId, stage];
}

// PostgreSQL knows microseconds, Date does not: a cursor without them would skip or repeat what failed together.
function momentOf(micros: number): string {
  const whole = new Date(Math.floor(micros / 1_000)).toISOString();
  return `${whole.slice(0, -1)}${String(micros % 1_000).padStart(3, '0')}Z`;
}
