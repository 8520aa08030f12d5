import type { Due } from '@kilat/contract';
import type { Database, Transaction } from '../database/database.ts';
import { jittered, type Outcome } from './outcome.ts';

/** Is a claimed stage, and how many attempts there were with this one. */
export interface Claim {
  due: Due;
  attempts: number;
}

/** Keeps stages; every write names the generation, so that work of an older one comes to nothing. */
export function stageStore(database: Database) {
  return {
    /** Takes a stage for one attempt; undefined when it is settled or belongs to another generation. */
    async claim(due: Due): Promise<Claim | undefined> {
      const [row] = await database.query<{ attempts: number }>(
        `update stages set attempts = attempts + 1, updated_at = now()
         where event_id = $1 and photo_id = $2 and stage = $3 and generation = $4 and state in ('due', 'queued') returning attempts`,
        keyOf(due),
      );
      return row === undefined ? undefined : { due, attempts: row.attempts };
    },
    /** Puts a stage off: a retry keeps its attempt, a pause gives it back. */
    async postpone(due: Due, outcome: Extract<Outcome, { state: 'due' | 'paused' }>, pauseMs: number): Promise<void> {
      const paused = outcome.state === 'paused';
      await database.query(
        `update stages set state = 'due', generation = generation + 1, attempts = attempts - $5, error_class = $6, error = $7,
           next_attempt_at = now() + make_interval(secs => $8), updated_at = now()
         where event_id = $1 and photo_id = $2 and stage = $3 and generation = $4 and state in ('due', 'queued')`,
        [
          ...keyOf(due),
          paused ? 1 : 0,
          outcome.class,
          outcome.error,
          (paused ? pauseMs : jittered(outcome.inMs)) / 1_000,
        ],
      );
    },
  };
}
export type StageStore = ReturnType<typeof stageStore>;

/** Marks a stage done, once per generation; false when that was done already or is no longer wanted. */
export async function markDone(tx: Transaction, due: Due): Promise<boolean> {
  return mark(tx, due, 'done', null, null);
}

/** Marks a stage failed for good, once per generation. */
export async function markFailed(
  tx: Transaction,
  due: Due,
  outcome: Extract<Outcome, { state: 'failed' }>,
): Promise<boolean> {
  return mark(tx, due, 'failed', outcome.class, outcome.error);
}

/** Tells whether a stage is still open under this generation, and keeps it so until the transaction ends. */
export async function isOpen(tx: Transaction, due: Due): Promise<boolean> {
  const rows = await tx.query(
    `select 1 as one from stages where event_id = $1 and photo_id = $2 and stage = $3 and generation = $4
     and state in ('due', 'queued') for update`,
    keyOf(due),
  );
  return rows.length > 0;
}

async function mark(
  tx: Transaction,
  due: Due,
  state: string,
  errorClass: string | null,
  error: string | null,
): Promise<boolean> {
  const rows = await tx.query(
    `update stages set state = $5, error_class = $6, error = $7, updated_at = now()
     where event_id = $1 and photo_id = $2 and stage = $3 and generation = $4 and state in ('due', 'queued') returning 1 as one`,
    [...keyOf(due), state, errorClass, error],
  );
  return rows.length > 0;
}

function keyOf(due: Due): unknown[] {
  return [due.event_id, due.photo_id, due.stage, due.generation];
}
