import type { BackupPlace, BackupPlan, BackupsView, FailureClass } from '@kilat/contract';
import type { Database, Queryable } from '../database/database.ts';
import { Fault } from '../fault/fault.ts';
import { backfillEvent } from './backfill.ts';
import { readProviderNames, setPlan } from './plan.ts';

/** Keeps where an event's second copies go, and tells how far they are. */
export interface BackupStore {
  read(eventId: string): Promise<BackupsView>;
  /** Sets the plan, and lets photos go where they are not yet. Throws invalid `provider_unknown` for a place that is none. */
  change(eventId: string, plan: BackupPlan): Promise<BackupsView>;
}

/** Makes the store. */
export function backupStore(database: Database): BackupStore {
  const read = (eventId: string) => database.snapshot((tx) => readView(tx, eventId));
  return {
    read,
    async change(eventId, { providers, keep_days: keepDays }) {
      const wanted = providers && [...new Set(providers)];
      await checkKnown(database, wanted ?? []);
      await setPlan(database, eventId, { providers: wanted, keepDays });
      await backfillEvent(database, eventId);
      return read(eventId);
    },
  };
}

async function checkKnown(database: Database, wanted: readonly string[]): Promise<void> {
  const known = await readProviderNames(database);
  const unknown = wanted.filter((name) => !known.includes(name));
  if (unknown.length === 0) return;
  throw new Fault('invalid', `No running target knows ${unknown.join(', ')}.`, { code: 'provider_unknown' });
}

async function readView(from: Queryable, eventId: string): Promise<BackupsView> {
  const plan = await readPlan(from, eventId);
  const places = await readPlaces(from, eventId);
  const counts = await countCopies(from, eventId, places);
  return { plan, places: places.map((place) => placeOf(place, counts.get(place.name))) };
}

async function readPlan(from: Queryable, eventId: string): Promise<BackupPlan> {
  const sql = 'select providers, keep_days from backup_plans where event_id = $1';
  const [plan] = await from.query<BackupPlan>(sql, [eventId]);
  return plan ?? { providers: null, keep_days: null };
}

interface Place {
  name: string;
  isKnown: boolean;
  isDefault: boolean;
  isWanted: boolean;
  removing: number;
  pausedUntil: Date | null;
  class: FailureClass | null;
  error: string | null;
}

// Also places that serve no more, while something of the event is there, or should be. A pause that nobody has renewed for
// longer than copies are ever put off is over.
function readPlaces(from: Queryable, eventId: string): Promise<Place[]> {
  return from.query<Place>(
    `with held as (
       select provider as name, count(*) filter (where state = 'removing')::int as removing from backups
       where event_id = $1 and state <> 'removed' group by provider
     ), named as (
       select name from backup_providers where seen_at > now() - interval '1 day' union select name from held
       union select unnest(providers) from backup_plans where event_id = $1
     )
     select n.name, coalesce(p.seen_at > now() - interval '1 day', false) as "isKnown",
       coalesce(p.is_default, false) as "isDefault", n.name = any(backup_providers_of($1)) as "isWanted",
       coalesce(h.removing, 0) as removing, p.error_class as class, p.error,
       case when p.paused_until > now() - interval '15 minutes' then p.paused_until end as "pausedUntil"
     from named n left join backup_providers p on p.name = n.name left join held h on h.name = n.name order by n.name`,
    [eventId],
  );
}

interface Count {
  name: string;
  done: number;
  failed: number;
  missing: number;
}

async function countCopies(from: Queryable, eventId: string, places: readonly Place[]): Promise<Map<string, Count>> {
  const rows = await from.query<Count>(
    `select n.name, count(*) filter (where b.state = 'done')::int as done,
       count(*) filter (where b.state = 'failed')::int as failed,
       count(*) filter (where coalesce(b.state, 'due') = 'due')::int as missing
     from unnest($2::text[]) as n(name) join photos p on p.event_id = $1 and p.stored_seq is not null and p.state <> 'deleted'
     left join backups b on b.event_id = $1 and b.photo_id = p.photo_id and b.version = p.original_version and b.provider = n.name
     group by n.name`,
    [eventId, places.map(({ name }) => name)],
  );
  return new Map(rows.map((row) => [row.name, row]));
}

function placeOf(place: Place, count: Count | undefined): BackupPlace {
  const { name, isKnown, isDefault, isWanted, removing, pausedUntil, error } = place;
  const { done = 0, failed = 0, missing = 0 } = count ?? {};
  return {
    ...{ provider: name, is_known: isKnown, is_default: isDefault, is_wanted: isWanted },
    copies: { done, waiting: isWanted ? missing : 0, failed, removing },
    pause: pausedUntil && {
      ...{ until: pausedUntil.toISOString(), class: place.class ?? 'unknown', message: error ?? '' },
    },
  };
}
