import type { Database, Queryable } from '../database/database.ts';

/** Is what a restore came to. */
export interface Restored {
  epoch: string;
  stages: number;
}

// What was handed out in the lost time may come back with the generation that was next then.
const skippedGenerations = 1_000;

/**
 * Begins a new epoch after the database was put back to an earlier point: cursors of before can be followed no more, work
 * that was under way is due anew under generations that nobody has seen, and no writer of before holds a lease.
 */
export function beginEpoch(database: Database): Promise<Restored> {
  return database.transaction(beginEpochIn);
}

/** Does what `beginEpoch` does, in a transaction that is under way. */
export async function beginEpochIn(tx: Queryable): Promise<Restored> {
  const [installation] = await tx.query<{ epoch: string }>(
    'update installation set epoch = gen_random_uuid() returning epoch',
  );
  const stages = await tx.query(
    `update stages set state = 'due', generation = generation + $1, next_attempt_at = now(), work_seq = null, work_stream = null
     where state in ('due', 'queued') returning 1 as one`,
    [skippedGenerations],
  );
  await tx.query(
    `update uploads set holder = null, lease_until = null, generation = generation + $1, swept_at = null where state = 'open'`,
    [skippedGenerations],
  );
  // Of what the lost time had published, nothing counts.
  await tx.query(
    `update relay_cursors c set published_seq = least(c.published_seq, h.head_seq) from heads h where h.event_id = c.event_id`,
  );
  await tx.query('delete from verifications');
  await tx.query('delete from comparisons');
  return { epoch: installation?.epoch ?? '', stages: stages.length };
}
