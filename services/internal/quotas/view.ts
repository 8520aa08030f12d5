import type { EventQuota, QuotaView } from '@kilat/contract';
import type { Database, Queryable } from '../database/database.ts';
import { noLimits, type Period, readLimits } from './quotas.ts';

/** Keeps the quotas of events. */
export interface QuotaStore {
  read(eventId: string): Promise<QuotaView>;
  /** Sets both periods' limits; what is below its use already takes nothing more. */
  change(eventId: string, limits: EventQuota): Promise<QuotaView>;
}

/** Makes the store of quotas. */
export function quotaStore(database: Database): QuotaStore {
  return {
    read: (eventId) => database.snapshot((tx) => read(tx, eventId)),
    change: (eventId, limits) =>
      database.transaction(async (tx) => {
        await tx.query(
          `insert into quota_limits (subject_id, period, photos, bytes) values ($1, 'day', $2, $3), ($1, 'total', $4, $5)
           on conflict (subject_id, period) do update set photos = excluded.photos, bytes = excluded.bytes`,
          [eventId, limits.day.photos, limits.day.bytes, limits.total.photos, limits.total.bytes],
        );
        return read(tx, eventId);
      }),
  };
}

async function read(from: Queryable, eventId: string): Promise<QuotaView> {
  const [limits = noLimits] = await readLimits(from, [eventId]);
  const rows = await from.query<{ period: Period; photos: number; bytes: number }>(
    `select case when day = '-infinity' then 'total' else 'day' end as period, photos, bytes from quota_usage
     where subject_id = $1 and day in ((now() at time zone 'utc')::date, '-infinity')`,
    [eventId],
  );
  const usedIn = (period: Period) => {
    const { photos = 0, bytes = 0 } = rows.find((row) => row.period === period) ?? {};
    return { photos, bytes };
  };
  return { limits, used: { day: usedIn('day'), total: usedIn('total') } };
}
