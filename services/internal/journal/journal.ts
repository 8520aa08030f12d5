import type { Entry, EntryTypeName } from '@kilat/contract';
import type { Database, Queryable, Transaction } from '../database/database.ts';
import { currentTrace } from '../trace/trace.ts';

/** Is what a writer gives: ids and facts. `count` moves the event's number of photos. */
export interface NewEntry {
  type: EntryTypeName;
  photo_id?: string;
  data?: Record<string, unknown>;
  count?: 1 | -1;
}

/** Is an entry as it is kept: beside it stands the trace that it belongs to, which is no part of it. */
export type KeptEntry = Entry & { traceparent?: string };

/** Is what a commit did: its value, and the entries that say so. */
export interface Appended<T> {
  value: T;
  entries: readonly NewEntry[];
}

/** Is the one way to change an event: a transaction whose last statement appends its entries to the journal. */
export interface Journal {
  commit<T>(eventId: string, work: (tx: Transaction) => Promise<Appended<T>>): Promise<T>;
}

/** Names an event's place in the journal. */
export interface Head {
  epoch: string;
  seq: number;
  photoCount: number;
}

/** Makes a journal; `wake` tells the relay after each commit that appended something. */
export function createJournal(database: Database, wake: () => void): Journal {
  return {
    async commit(eventId, work) {
      const { value, entries } = await database.transaction(async (tx) => {
        const appended = await work(tx);
        if (appended.entries.length > 0) await append(tx, eventId, appended.entries);
        return appended;
      });
      if (entries.length > 0) wake();
      return value;
    },
  };
}

async function append(tx: Transaction, eventId: string, entries: readonly NewEntry[]): Promise<void> {
  const traceparent = currentTrace();
  const traced = traceparent === undefined ? entries : entries.map((entry) => ({ ...entry, traceparent }));
  await tx.query('select journal_append($1, $2::json)', [eventId, JSON.stringify(traced)]);
}

/** Starts an event's chain: hash 0 is the SHA-256 of its id. */
export async function startJournal(tx: Transaction, eventId: string): Promise<void> {
  const sql = `insert into heads (event_id, head_hash) values ($1::uuid, sha256(convert_to($1::uuid::text, 'UTF8')))`;
  await tx.query(sql, [eventId]);
}

/** Reads where an event's journal stands; undefined for an unknown event. */
export async function readHead(from: Queryable, eventId: string): Promise<Head | undefined> {
  const sql = `select i.epoch, h.head_seq as seq, h.photo_count as "photoCount"
    from heads h cross join installation i where h.event_id = $1`;
  const [row] = await from.query<Head>(sql, [eventId]);
  return row;
}

type Row = Omit<Entry, 'v' | 'recorded_at'> & { recorded_at: Date; traceparent: string | null };

/** Reads at most `limit` entries after a seq, in order. */
export async function readEntries(
  from: Queryable,
  eventId: string,
  after: number,
  limit: number,
): Promise<KeptEntry[]> {
  const sql = `select i.epoch, j.event_id, j.seq, j.type, j.photo_id, j.recorded_at, j.data, j.traceparent
    from journal j cross join installation i where j.event_id = $1 and j.seq > $2 order by j.seq limit $3`;
  const rows = await from.query<Row>(sql, [eventId, after, limit]);
  return rows.map(({ traceparent, ...row }) => ({
    ...{ v: 1 as const, ...row, recorded_at: row.recorded_at.toISOString() },
    ...(traceparent !== null && { traceparent }),
  }));
}
