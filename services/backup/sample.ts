import { type CopyKey, change, type Hold } from '#internal/backups/copies.ts';
import { differenceOf, type KnownSums, type ReadSums, sumUp } from '#internal/backups/sums.ts';
import type { Context } from '#internal/process/context.ts';
import { pauseFor } from './guard.ts';
import { holding } from './holding.ts';
import type { Provider } from './providers/provider.ts';
import type { HouseDeps } from './rounds.ts';

const dayMs = 86_400_000;
const mostAtOnce = 20;
const timeoutMs = 600_000;

interface Sampled extends CopyKey, KnownSums {}

/** Re-reads copies, those first that were longest not looked at, so many a day at each provider. */
export function createSampler(deps: HouseDeps, daily: number) {
  const everyMs = daily === 0 ? Number.POSITIVE_INFINITY : dayMs / daily;
  let [last, owed] = [performance.now(), Math.min(1, daily)];
  return {
    /** Re-reads as many as are owed since the last round. */
    async round(term: Context): Promise<void> {
      const now = performance.now();
      owed = Math.min(mostAtOnce, owed + (now - last) / everyMs);
      last = now;
      const count = Math.floor(owed);
      if (count === 0) return;
      owed -= count;
      for (const provider of deps.providers.values()) await sampleSome(term, deps, provider, count);
    },
  };
}

async function sampleSome(term: Context, deps: HouseDeps, provider: Provider, count: number): Promise<void> {
  for (const row of await readOldest(deps, provider.name, count)) {
    if (term.cancelled || deps.pauses.of(provider.name) !== undefined) return;
    await sampleCopy(term, deps, provider, row);
  }
}

function readOldest({ database }: HouseDeps, provider: string, count: number): Promise<Sampled[]> {
  return database.query<Sampled>(
    `select b.event_id as "eventId", b.photo_id as "photoId", b.version, b.provider, p.size, p.crc32, coalesce(b.sha256, p.sha256) as sha256
     from backups b join photos p on p.event_id = b.event_id and p.photo_id = b.photo_id
     where b.provider = $1 and b.state = 'done' and b.checked_at < now() - interval '20 hours' order by b.checked_at limit $2`,
    [provider, count],
  );
}

/** Re-reads one copy and hashes it; one that is not what was sent is taken away and made anew. */
async function sampleCopy(term: Context, deps: HouseDeps, provider: Provider, row: Sampled): Promise<void> {
  const hold = await deps.copies.hold(row, 'done');
  if (hold === undefined) return;
  const enough = AbortSignal.any([term.signal, AbortSignal.timeout(timeoutMs)]);
  try {
    const found = await holding(deps.copies, hold, enough, async (signal) => {
      const first = await examine(provider, hold, row, signal);
      if (typeof first === 'object') return first;
      // A reading may go wrong by itself, and what is judged here is taken away.
      const second = await examine(provider, hold, row, signal);
      if (second === 'damaged') await provider.remove(hold.backupUrl ?? '', signal);
      return second;
    });
    if (typeof found === 'object') await keep(deps, hold, found);
    else await makeAnew(deps, hold, found);
  } catch (err) {
    pauseFor(deps.pauses, provider.name, err);
    deps.log.warn({ err, photo_id: row.photoId, event_id: row.eventId, provider: provider.name }, 'copy not examined');
    await change(deps.database, hold, 'holder = null, held_until = null', []);
  }
}

async function examine(
  provider: Provider,
  { backupUrl }: Hold,
  known: KnownSums,
  signal: AbortSignal,
): Promise<ReadSums | 'missing' | 'damaged'> {
  const body = backupUrl === null ? undefined : await provider.read(backupUrl, signal);
  if (body === undefined) return 'missing';
  const sums = await sumUp(body);
  return differenceOf(sums, known) === undefined ? sums : 'damaged';
}

async function keep({ database }: HouseDeps, hold: Hold, { sha256 }: ReadSums): Promise<void> {
  const sets = 'checked_at = now(), sha256 = $6, holder = null, held_until = null';
  await change(database, hold, sets, [sha256]);
}

// It is said in the journal too: until there is another copy, no card may be formatted on the strength of this one.
async function makeAnew({ journal, log, onLost }: HouseDeps, hold: Hold, found: 'missing' | 'damaged'): Promise<void> {
  const { eventId, photoId, provider, version } = hold;
  log.error({ photo_id: photoId, event_id: eventId, provider, found }, 'copy lost');
  onLost(provider, found);
  await journal.commit(eventId, async (tx) => {
    await tx.query('update photos set backed_up_at = null where event_id = $1 and photo_id = $2', [eventId, photoId]);
    const sets = `state = case when state = 'done' then 'due' else state end, attempts = 0, next_attempt_at = now(),
      error_class = 'server', error = $6, sha256 = null, backup_url = null, holder = null, held_until = null`;
    if (!(await change(tx, hold, sets, [`The copy was ${found}.`]))) return { value: undefined, entries: [] };
    await tx.query(
      `update stages set state = 'due', lane = 'bulk', generation = generation + 1, attempts = 0, next_attempt_at = now(), updated_at = now()
       where event_id = $1 and photo_id = $2 and stage = 'backup' and state in ('done', 'failed')`,
      [eventId, photoId],
    );
    const data = { provider, version, found };
    return { value: undefined, entries: [{ type: 'backup.lost', photo_id: photoId, data }] };
  });
}
