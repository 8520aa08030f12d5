import type { QuotaAmounts, Role } from '@kilat/contract';
import type { Uploader } from '../auth/uploader.ts';
import type { Queryable, Transaction } from '../database/database.ts';
import { Fault } from '../fault/fault.ts';

/** Names the periods of a quota: one UTC day, and in all. */
export type Period = 'day' | 'total';

/** Is what a subject may upload; null is no limit. */
export type QuotaLimits = Record<Period, QuotaAmounts>;

/** Gives the limits of a role's uploaders where none are set for the uploader itself. */
export type RoleQuotas = (role: Role) => QuotaLimits;

/** Is what an upload takes from the quotas of its event and its uploader. */
export interface Reservation {
  eventId: string;
  uploader: Uploader;
  photos: number;
  bytes: number;
}

interface Counter {
  subjectId: string;
  period: Period;
  photos: number;
  bytes: number;
}

/** Is a limit's absence. */
export const noLimits: QuotaLimits = { day: { photos: null, bytes: null }, total: { photos: null, bytes: null } };

/**
 * Reserves from the quotas of an event and an uploader, for today (UTC) and in all; what holds a reservation is the
 * upload's row. First in its transaction: the counters' rows serialise an uploader's announcements. Throws
 * `quota_exceeded`: exhausted (429) until the day ends, forbidden (403) when it is the limit in all.
 */
export async function reserve(tx: Transaction, wanted: Reservation, roleQuotas: RoleQuotas): Promise<void> {
  const subjects = [wanted.eventId, wanted.uploader.uploaderId];
  // One order of rows, so that two reservations never wait for each other.
  const counters = await tx.query<Counter>(
    `insert into quota_usage (subject_id, day, photos, bytes)
     select s, d, $2, $3 from unnest($1::uuid[]) s, unnest(array[(now() at time zone 'utc')::date, '-infinity'::date]) d
     order by s, d
     on conflict (subject_id, day) do update set photos = quota_usage.photos + $2, bytes = quota_usage.bytes + $3
     returning subject_id as "subjectId", case when day = '-infinity' then 'total' else 'day' end as period, photos, bytes`,
    [subjects, wanted.photos, wanted.bytes],
  );
  const [ofEvent = noLimits, ofUploader = roleQuotas(wanted.uploader.role)] = await readLimits(tx, subjects);
  for (const counter of counters) check(counter, counter.subjectId === wanted.eventId ? ofEvent : ofUploader);
}

/** Gives a reservation back, in the transaction that ends its upload without a photo. */
export async function release(
  tx: Transaction,
  upload: { eventId: string; uploaderId: string | null; photoId: string; length: number },
): Promise<void> {
  await tx.query(
    `with held as (
       select q.subject_id, q.day from quota_usage q join uploads u on u.event_id = $1 and u.photo_id = $2
       where q.subject_id in (u.event_id, u.uploader_id) and q.day in (u.reserved_on, '-infinity')
       order by q.subject_id, q.day for update of q
     )
     update quota_usage q set photos = q.photos - 1, bytes = q.bytes - $3 from held
     where q.subject_id = held.subject_id and q.day = held.day`,
    [upload.eventId, upload.photoId, upload.length],
  );
}

/** Reads the limits set for subjects, in their order; undefined where none are set. */
export async function readLimits(from: Queryable, subjectIds: readonly string[]): Promise<(QuotaLimits | undefined)[]> {
  const rows = await from.query<Counter & QuotaAmounts>(
    `select subject_id as "subjectId", period, photos, bytes from quota_limits where subject_id = any($1::uuid[])`,
    [subjectIds],
  );
  return subjectIds.map((id) => {
    const own = rows.filter(({ subjectId }) => subjectId === id);
    if (own.length === 0) return undefined;
    const of = (period: Period) => own.find((row) => row.period === period) ?? noLimits[period];
    return { day: amountsOf(of('day')), total: amountsOf(of('total')) };
  });
}

function amountsOf({ photos, bytes }: QuotaAmounts): QuotaAmounts {
  return { photos, bytes };
}

function check({ period, photos, bytes }: Counter, limits: QuotaLimits): void {
  const limit = limits[period];
  if (photos <= (limit.photos ?? Number.POSITIVE_INFINITY) && bytes <= (limit.bytes ?? Number.POSITIVE_INFINITY))
    return;
  if (period === 'total') throw new Fault('forbidden', 'The quota is used up.', { code: 'quota_exceeded' });
  const retryAfter = secondsToMidnight(new Date());
  throw new Fault('exhausted', 'The quota of today is used up.', { code: 'quota_exceeded', retryAfter });
}

function secondsToMidnight(now: Date): number {
  return Math.ceil(86_400 - ((now.getTime() / 1_000) % 86_400));
}
