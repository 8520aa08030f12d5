import type { Context } from '#internal/process/context.ts';
import { guardedBy } from './guard.ts';
import type { HouseDeps } from './rounds.ts';

interface HeadRow {
  eventId: string;
  epoch: string;
  seq: number;
  hash: string;
  provider: string;
}

const atOnce = 200;
const timeoutMs = 60_000;

/** Writes the journal's heads that moved beside the copies of their events, each at most once an hour. */
export async function writeHeads(term: Context, deps: HouseDeps): Promise<void> {
  for (const row of await readMoved(deps)) {
    const provider = deps.providers.get(row.provider);
    if (term.cancelled) return;
    if (provider === undefined || deps.pauses.of(row.provider) !== undefined) continue;
    const signal = AbortSignal.any([term.signal, AbortSignal.timeout(timeoutMs)]);
    const [name, text] = [`${row.epoch}-${String(row.seq).padStart(12, '0')}`, textOf(row)];
    if (await guardedBy(deps, row.provider, () => provider.putHead({ eventId: row.eventId, name, text }, signal)))
      await remember(deps, row);
  }
}

// No time in it: the same name always has the same text.
function textOf({ eventId, epoch, seq, hash }: HeadRow): string {
  return `${JSON.stringify({ v: 1, event_id: eventId, epoch, seq, hash })}\n`;
}

function readMoved({ database, providers }: HouseDeps): Promise<HeadRow[]> {
  return database.query<HeadRow>(
    `select h.event_id as "eventId", i.epoch, h.head_seq as seq, encode(h.head_hash, 'hex') as hash, w.name as provider
     from heads h cross join installation i cross join lateral unnest(backup_providers_of(h.event_id)) as w(name)
     left join backup_heads b on b.event_id = h.event_id and b.provider = w.name
     where w.name = any($1) and h.head_seq > 0
       and (b.event_id is null or (b.head_hash <> h.head_hash and b.written_at < now() - interval '1 hour'))
     order by b.written_at nulls first limit ${atOnce}`,
    [[...providers.keys()]],
  );
}

async function remember({ database }: HouseDeps, { eventId, provider, hash }: HeadRow): Promise<void> {
  await database.query(
    `insert into backup_heads (event_id, provider, head_hash) values ($1, $2, decode($3, 'hex'))
     on conflict (event_id, provider) do update set head_hash = excluded.head_hash, written_at = now()`,
    [eventId, provider, hash],
  );
}
