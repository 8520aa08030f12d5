import type { FailureClass } from '@kilat/contract';
import type { Database, Queryable, Transaction } from '../database/database.ts';

/** Says where an event's second copies go and how many days they stay; null is the installation's default. */
export interface BackupPlan {
  providers: readonly string[] | null;
  keepDays: number | null;
}

/** Gives a photo that becomes stored its stage of backup, while a provider is configured for its event. */
export async function planBackup(tx: Transaction, eventId: string, photoId: string): Promise<void> {
  await tx.query(
    `insert into stages (event_id, photo_id, stage) select $1, $2, 'backup'
     where cardinality(backup_providers_of($1)) > 0`,
    [eventId, photoId],
  );
}

/** Lists the providers that an event's copies go to now. */
export async function readWanted(from: Queryable, eventId: string): Promise<string[]> {
  const [row] = await from.query<{ names: string[] }>('select backup_providers_of($1) as names', [eventId]);
  return row?.names ?? [];
}

/** Sets an event's plan; false when there is no such event. What is missing then is copied by the next backfill. */
export async function setPlan(database: Database, eventId: string, plan: BackupPlan): Promise<boolean> {
  const rows = await database.query(
    `insert into backup_plans (event_id, providers, keep_days) select event_id, $2, $3 from events where event_id = $1
     on conflict (event_id) do update set providers = excluded.providers, keep_days = excluded.keep_days returning 1 as one`,
    [eventId, plan.providers, plan.keepDays],
  );
  return rows.length > 0;
}

/** Lists the providers that are configured. */
export async function readProviderNames(database: Database): Promise<string[]> {
  const rows = await database.query<{ name: string }>(
    `select name from backup_providers where seen_at > now() - interval '1 day' order by name`,
  );
  return rows.map(({ name }) => name);
}

/** Notes for all to see until when a provider is left alone, and why; undefined when something works there again. */
export async function notePause(
  database: Database,
  name: string,
  pause: { leftMs: number; class: FailureClass; error: string } | undefined,
): Promise<void> {
  await database.query(
    `update backup_providers set paused_until = now() + make_interval(secs => $2), error_class = $3, error = $4 where name = $1`,
    [name, pause === undefined ? null : pause.leftMs / 1_000, pause?.class ?? null, pause?.error ?? null],
  );
}

/** Says that providers are configured, and which are the default of events without a plan. */
export async function announceProviders(
  database: Database,
  names: readonly string[],
  defaults: readonly string[],
): Promise<void> {
  await database.query(
    `insert into backup_providers (name, is_default) select name, name = any($2) from unnest($1::text[]) as name
     on conflict (name) do update set is_default = excluded.is_default, seen_at = now()`,
    [names, defaults],
  );
}
