import type { FailureClass, Lane, StageName } from '@kilat/contract';
import type { Queryable } from '../database/database.ts';
import { classOf, failed } from './failures.ts';

/** Is how much work of one stage and lane is due or queued, and for how long the oldest of it has been due. */
export interface Depth {
  stage: StageName;
  lane: Lane;
  due: number;
  queued: number;
  oldestSeconds: number;
}

/** Is how many failures of one stage and class wait for somebody. */
export interface FailureDepth {
  stage: StageName;
  class: FailureClass;
  count: number;
}

// Only what is open or failed is read, by partial indexes: how many photos there are makes no difference.
const openSql = `select stage, lane, count(*) filter (where state = 'due')::int as due,
    count(*) filter (where state = 'queued')::int as queued,
    coalesce(extract(epoch from now() - min(next_attempt_at)), 0)::float8 as "oldestSeconds"
  from (
    select stage, lane, state, next_attempt_at from stages where state = 'due'
    union all select stage, lane, state, next_attempt_at from stages where state = 'queued'
  ) open group by stage, lane`;
const failedSql = `select stage, ${classOf.stages} as class, count(*)::int as count from stages
  where ${failed.stages} group by 1, 2`;

/** Reads how much work waits, over all events; what waits for a later try counts as due, and is of no age. */
export async function readDepths(database: Queryable): Promise<Depth[]> {
  const rows = await database.query<Depth>(openSql);
  return rows.map((row) => ({ ...row, oldestSeconds: Math.max(0, row.oldestSeconds) }));
}

/** Reads how many failures nobody has retried or set aside, over all events. */
export function readFailureDepths(database: Queryable): Promise<FailureDepth[]> {
  return database.query<FailureDepth>(failedSql);
}
