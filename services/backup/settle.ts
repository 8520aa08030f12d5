import type { Due } from '@kilat/contract';
import { type CopyRow, readCopies } from '#internal/backups/copies.ts';
import type { Database } from '#internal/database/database.ts';
import type { Journal } from '#internal/journal/journal.ts';
import type { Logger } from '#internal/log/log.ts';
import type { Outcome } from '#internal/stages/outcome.ts';
import { markDone, markFailed, type StageStore } from '#internal/stages/store.ts';

/** Is what settling a photo's backup needs. */
export interface SettleDeps {
  database: Database;
  journal: Journal;
  stages: StageStore;
  providers: ReadonlyMap<string, unknown>;
  log: Logger;
}

type Failure = Extract<Outcome, { state: 'failed' }>;

// Another works on it, or it was due a moment ago; what only another release's process can do is left to that.
const [soonMs, elsewhereMs] = [500, 30_000];

/** Commits what an attempt at a photo's backup came to. */
export const settle = {
  /** Looks at a photo's copies: done when all are, put off until the next of them is due, failed when no more can be made. */
  async photo(deps: SettleDeps, due: Due, version: number, wanted: readonly string[]): Promise<void> {
    const { event_id: eventId, photo_id: photoId } = due;
    const rows = await readCopies(deps.database, { eventId, photoId, version, providers: wanted });
    const waiting = rows.filter(({ state }) => state === 'due');
    const next = waiting.toSorted((a, b) => a.waitMs - b.waitMs)[0];
    const failed = rows.find(({ state }) => state === 'failed');
    if (next !== undefined) await postpone(deps, due, next);
    else if (failed !== undefined) await settle.failed(deps, due, failureOf(failed));
    else await done(deps, due, rows);
  },
  /** Ends the backup of a photo that is deleted. */
  async nothing({ database }: SettleDeps, due: Due): Promise<void> {
    await database.transaction((tx) => markDone(tx, due));
  },
  /** Shows why a photo is not backed up. */
  async failed({ database, log }: SettleDeps, due: Due, failure: Failure): Promise<void> {
    const { event_id, photo_id } = due;
    const isNews = await database.transaction((tx) => markFailed(tx, due, failure));
    // A missing original is an alarm: something outside of Kilat took it.
    const level = failure.code === 'photo_missing' ? 'error' : 'warn';
    if (isNews) log[level]({ photo_id, event_id, class: failure.class }, 'photo not backed up');
  },
};

async function postpone({ stages, providers }: SettleDeps, due: Due, copy: CopyRow): Promise<void> {
  const { waitMs, errorClass, error } = copy;
  const leastMs = providers.has(copy.provider) ? soonMs : elsewhereMs;
  const why = { class: errorClass ?? 'unknown', error: error ?? 'Another one is at work.' } as const;
  await stages.postpone(due, { state: 'paused', ...why }, Math.max(leastMs, waitMs));
}

function failureOf({ provider, errorClass, error }: CopyRow): Failure {
  return { state: 'failed', class: errorClass ?? 'unknown', error: `${provider}: ${error ?? ''}`, code: 'internal' };
}

async function done({ journal, log }: SettleDeps, due: Due, rows: readonly CopyRow[]): Promise<void> {
  const { event_id, photo_id } = due;
  const providers = rows.filter(({ state }) => state === 'done').map(({ provider }) => provider);
  const isNews = await journal.commit(event_id, async (tx) => {
    // The photo before its stages, as all do who need both.
    await tx.query('select 1 from photos where event_id = $1 and photo_id = $2 for update', [event_id, photo_id]);
    if (!(await markDone(tx, due)) || providers.length === 0) return { value: false, entries: [] };
    const stamped = await tx.query(
      `update photos set backed_up_at = now() where event_id = $1 and photo_id = $2 and backed_up_at is null
       and state <> 'deleted' and (select count(*) from backups b where b.event_id = $1 and b.photo_id = $2
         and b.version = original_version and b.provider = any($3) and b.state = 'done') = cardinality($3) returning 1 as one`,
      [event_id, photo_id, providers],
    );
    if (stamped.length === 0) return { value: false, entries: [] };
    return { value: true, entries: [{ type: 'photo.backed_up', photo_id, data: { providers } }] };
  });
  if (isNews) log.info({ photo_id, event_id }, 'photo backed up');
}
