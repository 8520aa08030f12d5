import type { NotificationPage, NotificationState, NotificationView } from '@kilat/contract';
import type { Database } from '../database/database.ts';
import { Fault } from '../fault/fault.ts';

/** Says which notifications of an event are asked for; `after` is the last one of the page before. */
export interface LogQuery {
  eventId: string;
  webhookId?: string | undefined;
  state?: NotificationState | undefined;
  after?: string | undefined;
  limit: number;
}

interface Row extends Omit<NotificationView, 'due_at' | 'created_at' | 'settled_at'> {
  due_at: Date;
  created_at: Date;
  settled_at: Date | null;
}

const columns = `notification_id, kind, channel, case when channel = 'webhook' then target_id end as webhook_id, state, attempts,
  due_at, created_at, settled_at, status, error_class, error`;

/** Keeps the log of an event's notifications: what was sent, what waits, what failed and why. */
export function notificationLog(database: Database) {
  return {
    /** Reads a page, newest first. */
    async page({ eventId, webhookId, state, after, limit }: LogQuery): Promise<NotificationPage> {
      const rows = await database.query<Row>(
        `select ${columns} from notifications where event_id = $1 and ($2::uuid is null or target_id = $2)
           and ($3::text is null or state = $3) and ($4::uuid is null or (created_at, notification_id) <
             (select created_at, notification_id from notifications where event_id = $1 and notification_id = $4))
         order by created_at desc, notification_id desc limit $5`,
        [eventId, webhookId ?? null, state ?? null, after ?? null, limit],
      );
      const next = rows.length === limit ? (rows.at(-1)?.notification_id ?? null) : null;
      return { notifications: rows.map(viewOf), next };
    },
    /** Owes a settled notification once more: with its id and its content as they were. */
    async replay(eventId: string, id: string): Promise<NotificationView> {
      const [row] = await database.query<Row>(
        `update notifications set state = 'due', attempts = 0, due_at = now(), settled_at = null, error_class = null, error = null,
           give_up_at = now() + (give_up_at - created_at)
         where event_id = $1 and notification_id = $2 and state <> 'due' returning ${columns}`,
        [eventId, id],
      );
      if (row !== undefined) return viewOf(row);
      throw new Fault('missing', 'There is no such notification that is settled.', { code: 'notification_missing' });
    },
  };
}
export type NotificationLog = ReturnType<typeof notificationLog>;

function viewOf(row: Row): NotificationView {
  const [due_at, created_at] = [row.due_at.toISOString(), row.created_at.toISOString()];
  return { ...row, due_at, created_at, settled_at: row.settled_at?.toISOString() ?? null };
}
