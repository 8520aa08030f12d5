import { randomUUID } from 'node:crypto';
import type { FailureClass } from '@kilat/contract';
import type { Database, Queryable, Transaction } from '../database/database.ts';

/** Names one copy: of this version of a photo, at this provider. */
export interface CopyKey {
  eventId: string;
  photoId: string;
  version: number;
  provider: string;
}

/** Is a copy's row. */
export interface CopyRow extends CopyKey {
  state: 'due' | 'done' | 'failed' | 'removing' | 'removed';
  attempts: number;
  backupUrl: string | null;
  bytes: number | null;
  sha256: string | null;
  errorClass: FailureClass | null;
  error: string | null;
  /** Is how long nothing may be done with it: it is held, or its next attempt is later. */
  waitMs: number;
}

/** Is a copy in our hands, until its lease ends. */
export interface Hold extends CopyKey {
  holder: string;
  attempts: number;
  backupUrl: string | null;
}

/** Says why a copy waits, and how long. */
export interface Postponed {
  ms: number;
  class: FailureClass;
  error: string;
  /** Gives the attempt back: it was not the copy's fault. */
  isFree: boolean;
}

const key = 'event_id = $1 and photo_id = $2 and version = $3 and provider = $4';
const columns = `event_id as "eventId", photo_id as "photoId", version, provider, state, attempts, backup_url as "backupUrl", bytes,
  sha256, error_class as "errorClass", error,
  greatest(0, extract(epoch from greatest(next_attempt_at, coalesce(held_until, next_attempt_at)) - now()) * 1000)::float8 as "waitMs"`;

/** Keeps copies; a hold gives one writer at a time the right to work on a copy, for so many seconds unless it is renewed. */
export function copyStore(database: Database, leaseSeconds: number) {
  return {
    leaseSeconds,
    /** Makes the rows of a photo's copies at these providers where they lack, and answers them. */
    async open(eventId: string, photoId: string, version: number, providers: readonly string[]): Promise<CopyRow[]> {
      await database.query(
        `insert into backups (event_id, photo_id, version, provider) select $1, $2, $3, unnest($4::text[]) on conflict do nothing`,
        [eventId, photoId, version, providers],
      );
      return readCopies(database, { eventId, photoId, version, providers });
    },
    /** Takes a copy that waits in one of some states; undefined while another has it. */
    async hold(which: CopyKey, state: 'due' | 'removing' | 'done'): Promise<Hold | undefined> {
      const holder = randomUUID();
      const [row] = await database.query<{ attempts: number; backupUrl: string | null }>(
        `update backups set holder = $5, held_until = now() + make_interval(secs => $6), attempts = attempts + $8, parked = false
         where ${key} and state = $7 and coalesce(held_until, '-infinity') < now() and ($7 = 'done' or next_attempt_at <= now())
         returning attempts, backup_url as "backupUrl"`,
        [...keyOf(which), holder, leaseSeconds, state, state === 'done' ? 0 : 1],
      );
      return row === undefined ? undefined : { ...which, holder, ...row };
    },
    /** Makes a hold last; false when it was lost. */
    renew: (hold: Hold): Promise<boolean> =>
      change(database, hold, 'held_until = now() + make_interval(secs => $6)', [leaseSeconds]),
    /** Writes down where a copy will be. */
    reserve: (hold: Hold, address: string): Promise<boolean> => change(database, hold, 'backup_url = $6', [address]),
    /** Notes that a copy is there and proved; one that is to be removed meanwhile stays so. */
    done: (hold: Hold, copy: { address: string; bytes: number; sha256: string | null }): Promise<boolean> =>
      change(
        database,
        hold,
        `state = case when state = 'due' then 'done' else state end, backup_url = $6, bytes = $7, sha256 = $8, done_at = now(),
         checked_at = now(), error = null, error_class = null, holder = null, held_until = null`,
        [copy.address, copy.bytes, copy.sha256],
      ),
    /** Gives a copy back until its next attempt. */
    postpone: (hold: Hold, { ms, class: errorClass, error, isFree }: Postponed): Promise<boolean> =>
      change(
        database,
        hold,
        `next_attempt_at = now() + make_interval(secs => $6), error_class = $7, error = $8, attempts = attempts - $9,
         holder = null, held_until = null`,
        [ms / 1_000, errorClass, error, isFree ? 1 : 0],
      ),
    /** Notes that a copy can never be made; one that is to be removed meanwhile stays so. */
    fail: (hold: Hold, failure: { class: FailureClass; error: string }): Promise<boolean> =>
      change(
        database,
        hold,
        `state = case when state = 'due' then 'failed' else state end, error_class = $6, error = $7, holder = null, held_until = null`,
        [failure.class, failure.error],
      ),
    /** Puts a copy off that nobody holds, because its provider pauses. */
    async park(which: CopyKey, { ms, class: errorClass, error }: Omit<Postponed, 'isFree'>): Promise<void> {
      await database.query(
        `update backups set parked = true, next_attempt_at = now() + make_interval(secs => $5), error_class = $6, error = $7
         where ${key} and state = 'due'`,
        [...keyOf(which), ms / 1_000, errorClass, error],
      );
    },
    /** Lets up to `limit` photos that were put off for a provider try it again; answers how many did. */
    async unpark(provider: string, limit: number): Promise<number> {
      const rows = await database.query(
        `with chosen as (
           select event_id, photo_id, version from backups where provider = $1 and parked and state = 'due'
           order by next_attempt_at limit $2 for update skip locked
         ), changed as (
           update backups b set parked = false, next_attempt_at = now() from chosen c
           where b.event_id = c.event_id and b.photo_id = c.photo_id and b.version = c.version and b.provider = $1
         )
         update stages s set next_attempt_at = now() from chosen c
         where s.event_id = c.event_id and s.photo_id = c.photo_id and s.stage = 'backup' and s.state = 'due' returning 1 as one`,
        [provider, limit],
      );
      return rows.length;
    },
    /** Gives the copies of a photo that failed for good another chance. */
    async reopen(eventId: string, photoId: string, version: number): Promise<void> {
      await database.query(
        `update backups set state = 'due', attempts = 0, next_attempt_at = now() where event_id = $1 and photo_id = $2
         and version = $3 and state = 'failed'`,
        [eventId, photoId, version],
      );
    },
  };
}
export type CopyStore = ReturnType<typeof copyStore>;

/** Reads the rows of a photo's copies at some providers. */
export function readCopies(
  from: Queryable,
  which: { eventId: string; photoId: string; version: number; providers: readonly string[] },
): Promise<CopyRow[]> {
  return from.query<CopyRow>(
    `select ${columns} from backups where event_id = $1 and photo_id = $2 and version = $3 and provider = any($4)
     order by provider`,
    [which.eventId, which.photoId, which.version, which.providers],
  );
}

/** Changes a copy that is held, within a transaction or by itself; false when the hold was lost. */
export async function change(
  on: Database | Transaction,
  hold: Hold,
  sets: string,
  params: readonly unknown[],
): Promise<boolean> {
  const rows = await on.query(`update backups set ${sets} where ${key} and holder = $5 returning 1 as one`, [
    ...keyOf(hold),
    hold.holder,
    ...params,
  ]);
  return rows.length > 0;
}

function keyOf({ eventId, photoId, version, provider }: CopyKey): unknown[] {
  return [eventId, photoId, version, provider];
}
