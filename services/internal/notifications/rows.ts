import type { Channel } from '@kilat/contract';
import type { Queryable } from '../database/database.ts';

/** Is a notification as it is made: with its id, and the content that it has for ever. */
export interface NewNotification {
  id: string;
  /** Is null for what belongs to no event. */
  eventId: string | null;
  kind: string;
  channel: Channel;
  targetId: string;
  content: string;
  dueAt: Date;
}

/** Gives the hours after which a reader is better off with nothing than with old news; webhooks' hours are promised. */
export const hours: Record<Channel, number> = { email: 72, webhook: 24, push: 4 };

/** Adds notifications; one whose id is there stays as it was made first. */
export async function insertNotifications(to: Queryable, made: readonly NewNotification[]): Promise<void> {
  if (made.length === 0) return;
  const rows = made.map((one) => ({
    ...one,
    giveUpAt: new Date(one.dueAt.getTime() + hours[one.channel] * 3_600_000),
  }));
  await to.query(
    `insert into notifications (notification_id, event_id, kind, channel, target_id, content, due_at, give_up_at)
     select id, "eventId", kind, channel, "targetId", content, "dueAt", "giveUpAt" from json_to_recordset($1::json)
       as r(id uuid, "eventId" uuid, kind text, channel text, "targetId" uuid, content text, "dueAt" timestamptz, "giveUpAt" timestamptz)
     on conflict (notification_id) do nothing`,
    [JSON.stringify(rows)],
  );
}
