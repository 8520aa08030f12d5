import type { DiscardFailures, FailureClass, FailureStage, FailuresSettled, RetryFailures } from '@kilat/contract';
import type { Database, Queryable, Transaction } from '../database/database.ts';
import type { Journal } from '../journal/journal.ts';
import { retryStages, type StageKey } from '../photos/retry.ts';
import { classOf, failed } from './failures.ts';

// A commit holds its event's journal; a request holds its client: neither does so for long.
const atOnce = 100;
const mostPerRequest = 1_000;

type Choice = RetryFailures | DiscardFailures;
interface Key {
  photoId: string;
  stage: FailureStage;
}

/** Settles an event's failures in commits of at most 100, 1,000 in one request; what was settled already is left alone. */
export function failureSettler(database: Database, journal: Journal) {
  return {
    /**
     * Gives failed stages a new try: photos that somebody named at once, all of them behind the photos that come in. What
     * failed on its way in cannot be tried again: its bytes never came.
     */
    retry: (eventId: string, choice: RetryFailures): Promise<FailuresSettled> => {
      const lane = 'all' in choice ? 'bulk' : 'live';
      return settle(database, eventId, { choice, tables: ['stages'] }, (keys) =>
        retryStages(journal, eventId, keys as StageKey[], lane),
      );
    },
    /** Sets failures aside with a reason: they are listed no more, and their photos stay what they are. */
    discard: (eventId: string, by: string, choice: DiscardFailures): Promise<FailuresSettled> =>
      settle(database, eventId, { choice, tables: ['stages', 'uploads'] }, (keys) =>
        discard(journal, eventId, keys, { by, reason: choice.reason }),
      ),
  };
}
export type FailureSettler = ReturnType<typeof failureSettler>;

interface Choosing {
  choice: Choice;
  tables: readonly (keyof typeof failed)[];
}

async function settle(
  database: Database,
  eventId: string,
  choosing: Choosing,
  work: (keys: readonly Key[]) => Promise<number>,
): Promise<FailuresSettled> {
  const until = 'until' in choosing.choice ? (choosing.choice.until ?? (await now(database))) : await now(database);
  let [count, taken] = [0, 0];
  while (taken < mostPerRequest) {
    const keys = await choose(database, eventId, choosing, until);
    if (keys.length === 0) return { count, more: false, until };
    taken += keys.length;
    count += await work(keys);
  }
  return { count, more: true, until };
}

async function now(database: Queryable): Promise<string> {
  const sql = `select to_char(clock_timestamp() at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') as now`;
  const [row] = await database.query<{ now: string }>(sql);
  return row?.now ?? new Date().toISOString();
}

// $1 the event, $2 photos or null, $3 a class or null, $4 a stage or null, $5 the last moment, $6 how many.
const chosen = {
  stages: `(select photo_id as "photoId", stage from stages where event_id = $1 and ${failed.stages} and updated_at <= $5
      and ($2::uuid[] is null or photo_id = any($2)) and ($3::text is null or ${classOf.stages} = $3)
      and ($4::text is null or stage = $4) order by updated_at limit $6)`,
  uploads: `(select photo_id, 'upload' from uploads where event_id = $1 and ${failed.uploads} and last_activity_at <= $5
      and ($2::uuid[] is null or photo_id = any($2)) and ($3::text is null or ${classOf.uploads} = $3)
      and ($4::text is null or $4 = 'upload') order by last_activity_at limit $6)`,
} as const;

function choose(database: Queryable, eventId: string, { choice, tables }: Choosing, until: string): Promise<Key[]> {
  const photoIds = 'photo_ids' in choice ? choice.photo_ids : null;
  const sql = tables.map((table) => chosen[table]).join(' union all ');
  const params = [eventId, photoIds, choice.class ?? null, choice.stage ?? null, until, atOnce];
  return database.query<Key>(`select * from (${sql}) chosen limit $6`, params);
}

interface Discarded extends Key {
  class: FailureClass;
}
interface Discarding {
  by: string;
  reason: DiscardFailures['reason'];
}

function discard(journal: Journal, eventId: string, keys: readonly Key[], how: Discarding): Promise<number> {
  return journal.commit(eventId, async (tx) => {
    const rows = [
      ...(await mark(tx, eventId, { table: 'stages', keys, ...how })),
      ...(await mark(tx, eventId, { table: 'uploads', keys, ...how })),
    ];
    const entries = rows.map(({ photoId, stage, class: failureClass }) => {
      const data = { stage, class: failureClass, ...how };
      return { type: 'failure.discarded', photo_id: photoId, data } as const;
    });
    return { value: rows.length, entries };
  });
}

// By the clock, not by when the transaction began: what failed while it waited is not older than this.
async function mark(
  tx: Transaction,
  eventId: string,
  { table, keys, by, reason }: Discarding & { table: keyof typeof failed; keys: readonly Key[] },
): Promise<Discarded[]> {
  const stage = table === 'stages' ? 't.stage' : `'upload'`;
  return tx.query<Discarded>(
    `update ${table} t set discarded_at = clock_timestamp(), discarded_by = $4, discard_reason = $5
     from unnest($2::uuid[], $3::text[]) as k(photo_id, stage)
     where t.event_id = $1 and t.photo_id = k.photo_id and k.stage = ${stage} and ${failed[table]}
     returning t.photo_id as "photoId", ${stage} as stage, ${classOf[table]} as class`,
    [eventId, keys.map(({ photoId }) => photoId), keys.map((key) => key.stage), by, reason],
  );
}
