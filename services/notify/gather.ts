import type { MailKind } from '@kilat/contract';
import type { Queryable } from '#internal/database/database.ts';
import { afterQuiet, nextTime } from '#internal/notifications/quiet.ts';
import type { Reader } from './readers.ts';

/** Says how long news waits for more of its kind. */
export interface Pace {
  gatherSeconds: number;
  /** Is the least time between two mails of one kind about one event to one reader. */
  restMinutes: number;
  /** Is how long after an event's end what is not ready yet is a backlog. */
  backlogMinutes: number;
}

/** Is news for one reader; what `items` name is told of once. */
export interface News {
  eventId: string;
  kind: MailKind;
  reader: Reader;
  seq: number;
  items: readonly string[];
}

/** Adds news to what is being gathered for its reader, or begins to gather. */
export async function gather(tx: Queryable, pace: Pace, news: News): Promise<void> {
  const { eventId, kind, reader, seq, items } = news;
  const dueAt = await dueOf(tx, pace, news);
  await tx.query(
    `insert into gatherings as g (event_id, kind, recipient_id, from_seq, items, due_at) values ($1, $2, $3, $4, $5, $6)
     on conflict (event_id, kind, recipient_id) do update set items = g.items || excluded.items where excluded.items <> '{}'`,
    [eventId, kind, reader.recipientId, seq, items, dueAt],
  );
}

async function dueOf(tx: Queryable, pace: Pace, { eventId, kind, reader }: News): Promise<Date> {
  const now = new Date();
  if (kind === 'daily_digest') return afterQuiet(nextTime(now, reader.zone, reader.digestAt), reader);
  if (kind === 'backlog') return afterQuiet(later(now, pace.backlogMinutes * 60), reader);
  const rested = later((await lastOf(tx, eventId, kind, reader)) ?? new Date(0), pace.restMinutes * 60);
  const gathered = later(now, pace.gatherSeconds);
  return afterQuiet(new Date(Math.max(rested.getTime(), gathered.getTime())), reader);
}

async function lastOf(tx: Queryable, eventId: string, kind: MailKind, reader: Reader): Promise<Date | undefined> {
  const [row] = await tx.query<{ at: Date }>(
    `select created_at as at from notifications where target_id = $1 and event_id = $2 and kind = $3
     order by created_at desc limit 1`,
    [reader.recipientId, eventId, kind],
  );
  return row?.at;
}

function later(at: Date, seconds: number): Date {
  return new Date(at.getTime() + seconds * 1_000);
}
