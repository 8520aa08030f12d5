import type {
  NotificationAnswer,
  NotificationPage,
  NotificationState,
  NotificationTry,
  NotificationView,
} from '@kilat/contract';
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

const mostTries = 100;

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
    /** Reads one with its tries. Throws missing where there is none. */
    async read(eventId: string, id: string): Promise<NotificationAnswer> {
      const sql = `select ${columns} from notifications where event_id = $1 and notification_id = $2`;
      const [row] = await database.query<Row>(sql, [eventId, id]);
      if (row === undefined) throw missing('There is no such notification.');
      const tries = await database.query<Omit<NotificationTry, 'tried_at'> & { tried_at: Date }>(
        `select tried_at, took_ms, result, status, error from notification_tries where notification_id = $1
         order by tried_at desc limit ${mostTries}`,
        [id],
      );
      return { ...viewOf(row), tries: tries.map((one) => ({ ...one, tried_at: one.tried_at.toISOString() })) };
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
      throw missing('There is no such notification that is settled.');
    },
  };
}
export type NotificationLog = ReturnType<typeof notificationLog>;

function missing(why: string): Fault {
  return new Fault('missing', why, { code: 'notification_missing' });
}

function viewOf(row: Row): NotificationView {
  const [due_at, created_at] = [row.due_at.toISOString(), row.created_at.toISOString()];
  return { ...row, due_at, created_at, settled_at: row.settled_at?.toISOString() ?? null };
}
