import { type CopyKey, change, type Hold } from '#internal/backups/copies.ts';
import type { Context } from '#internal/process/context.ts';
import { outcomeOf } from '#internal/stages/outcome.ts';
import { pauseFor } from './guard.ts';
import { holding } from './holding.ts';
import type { Provider } from './providers/provider.ts';
import type { HouseDeps } from './rounds.ts';

const atOnce = 100;
const timeoutMs = 120_000;
// What a provider refuses is asked for again for as long as it takes: from seconds up to an hour.
const [shortestMs, longestMs] = [5_000, 3_600_000];

/**
 * Removes the copies of deleted photos, and those whose time is over, from their providers; the journal has a receipt of
 * each. A copy that is being made meanwhile is waited for, so that none is left behind.
 */
export async function removeDue(term: Context, deps: HouseDeps, keepDays: number): Promise<void> {
  await markDeleted(deps);
  await markExpired(deps, keepDays);
  for (let rows = await readDue(deps); rows.length > 0 && !term.cancelled; rows = await readDue(deps)) {
    for (const row of rows) if (!term.cancelled) await removeOne(deps, row);
    if (rows.length < atOnce) return;
  }
}

// What has no address was never tried: there is nothing to remove.
async function markDeleted({ database }: HouseDeps): Promise<void> {
  await database.query(
    `update backups b set state = case when b.backup_url is null and coalesce(b.held_until, '-infinity') < now() then 'removed' else 'removing' end,
       attempts = 0, next_attempt_at = now(), parked = false
     from photos p where p.state = 'deleted' and p.event_id = b.event_id and p.photo_id = b.photo_id
       and b.state in ('due', 'done', 'failed')`,
  );
}

async function markExpired({ database }: HouseDeps, keepDays: number): Promise<void> {
  await database.query(
    `update backups b set state = 'removing', attempts = 0, next_attempt_at = now()
     from events e left join backup_plans p on p.event_id = e.event_id
     where e.event_id = b.event_id and e.state in ('closed', 'archived') and b.state = 'done'
       and coalesce(p.keep_days, $1) > 0 and b.done_at < now() - make_interval(days => coalesce(p.keep_days, $1))`,
    [keepDays],
  );
}

function readDue({ database, providers, pauses }: HouseDeps): Promise<CopyKey[]> {
  const asked = [...providers.keys()].filter((name) => pauses.of(name) === undefined);
  return database.query<CopyKey>(
    `select event_id as "eventId", photo_id as "photoId", version, provider from backups
     where state = 'removing' and provider = any($1) and next_attempt_at <= now() and coalesce(held_until, '-infinity') < now()
     order by next_attempt_at limit ${atOnce}`,
    [asked],
  );
}

async function removeOne(deps: HouseDeps, row: CopyKey): Promise<void> {
  const provider = deps.providers.get(row.provider);
  const hold = provider && (await deps.copies.hold(row, 'removing'));
  if (provider === undefined || hold === undefined) return;
  try {
    await holding(deps.copies, hold, AbortSignal.timeout(timeoutMs), (signal) => removeAll(provider, hold, signal));
    await receipt(deps, hold);
  } catch (err) {
    await refused(deps, hold, err);
  }
}

async function removeAll(provider: Provider, { backupUrl }: Hold, signal: AbortSignal): Promise<void> {
  if (backupUrl === null) return;
  await provider.remove(backupUrl, signal);
  if ((await provider.check(backupUrl, signal)) !== undefined) throw new Error('the copy is still there');
}

// A photo that stays while its copy's time is over is backed up no more.
async function receipt({ journal, log }: HouseDeps, hold: Hold): Promise<void> {
  const { eventId, photoId, provider, version } = hold;
  const isNews = await journal.commit(eventId, async (tx) => {
    await tx.query('update photos set backed_up_at = null where event_id = $1 and photo_id = $2', [eventId, photoId]);
    const sets = `state = 'removed', error = null, error_class = null, holder = null, held_until = null`;
    if (!(await change(tx, hold, sets, []))) return { value: false, entries: [] };
    const data = { provider, version };
    return { value: true, entries: [{ type: 'backup.removed', photo_id: photoId, data }] };
  });
  if (isNews) log.info({ photo_id: photoId, event_id: eventId, provider }, 'copy removed');
}

async function refused({ copies, pauses, log }: HouseDeps, hold: Hold, err: unknown): Promise<void> {
  const { photoId: photo_id, eventId: event_id, provider, attempts } = hold;
  log.warn({ err, photo_id, event_id, provider }, 'copy not removed');
  const pausedMs = pauseFor(pauses, provider, err);
  const outcome = outcomeOf(err, 1);
  const why = outcome.state === 'settled' ? { class: 'unknown' as const, error: 'It is refused.' } : outcome;
  const ms = pausedMs ?? Math.min(longestMs, shortestMs * 2 ** Math.min(attempts, 10));
  await copies.postpone(hold, { ...why, ms, isFree: pausedMs !== undefined });
}
