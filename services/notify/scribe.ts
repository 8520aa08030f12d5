import type { Entry, MailKind } from '@kilat/contract';
import type { Database, Transaction } from '#internal/database/database.ts';
import { readEntries } from '#internal/journal/journal.ts';
import type { Logger } from '#internal/log/log.ts';
import { insertNotifications } from '#internal/notifications/rows.ts';
import { gather, type Pace } from './gather.ts';
import { entryHooks, jobHooks, readHooks } from './hooks.ts';
import { type FinishedJob, readFinished } from './jobs.ts';
import { audiences, readReaders } from './readers.ts';
import { readTriggers, type Triggers } from './triggers.ts';

const entriesAtOnce = 500;
const eventsAtOnce = 100;

/** Turns what happened into what is owed. */
export interface Scribe {
  /** Reads an event's journal on from where it was left, if a seq is beyond that; returns how many entries there were. */
  advance(eventId: string, seq?: number): Promise<number>;
  /** Reads all journals on to their ends, whatever any stream says. */
  catchUp(): Promise<void>;
}

/** Is what the scribe needs; without mail nobody gathers any. */
export interface ScribeDeps {
  database: Database;
  mail: boolean;
  pace: Pace;
  log: Logger;
}

interface Place {
  seq: number;
  state: string | null;
}

/**
 * Makes a scribe. Its place in each journal lies in PostgreSQL beside the journal: both go back together when the database
 * is restored, so that seqs of two epochs never meet, and a stream that is lost only means to look by oneself.
 */
export function createScribe(deps: ScribeDeps): Scribe {
  const { database } = deps;
  const known = new Map<string, number>();
  async function advance(eventId: string, seq = Number.MAX_SAFE_INTEGER): Promise<number> {
    if ((known.get(eventId) ?? 0) >= seq) return 0;
    const { count, last } = await database.transaction((tx) => step(tx, deps, eventId));
    known.set(eventId, last);
    return count;
  }
  // One event that cannot be read on holds up no other; all are looked at again soon.
  async function catchUpAll(eventIds: readonly string[]): Promise<boolean> {
    let stuck = false;
    for (const eventId of eventIds)
      try {
        while ((await advance(eventId)) === entriesAtOnce);
      } catch (err) {
        stuck = true;
        deps.log.warn({ err, event_id: eventId }, 'journal not read on');
      }
    return stuck;
  }
  return {
    advance,
    async catchUp() {
      // A restored database has an earlier end: what was known of the later one is worth nothing.
      known.clear();
      for (;;) {
        const behind = await readBehind(database);
        const stuck = await catchUpAll(behind);
        if (behind.length < eventsAtOnce || stuck) return;
      }
    },
  };
}

async function readBehind(database: Database): Promise<string[]> {
  const rows = await database.query<{ eventId: string }>(
    `select h.event_id as "eventId" from heads h left join notify_cursors c on c.event_id = h.event_id
     where h.head_seq > coalesce(c.seq, 0) order by random() limit ${eventsAtOnce}`,
  );
  return rows.map(({ eventId }) => eventId);
}

async function step(tx: Transaction, deps: ScribeDeps, eventId: string): Promise<{ count: number; last: number }> {
  const place = await lockPlace(tx, eventId);
  const entries = await readEntries(tx, eventId, place.seq, entriesAtOnce);
  const [first, last] = [entries.at(0), entries.at(-1)];
  if (first === undefined || last === undefined) return { count: 0, last: place.seq };
  const triggers = readTriggers(entries, place.state);
  const jobs = await readFinished(tx, eventId, triggers);
  await oweHooks(tx, eventId, entries, jobs);
  if (deps.mail) await gatherMail(tx, deps.pace, first, triggers, jobs);
  await tx.query('update notify_cursors set seq = $2, state = $3, photos = photos + $4 where event_id = $1', [
    ...[eventId, last.seq, triggers.state, triggers.stored],
  ]);
  return { count: entries.length, last: last.seq };
}

async function lockPlace(tx: Transaction, eventId: string): Promise<Place> {
  await tx.query('insert into notify_cursors (event_id, seq) values ($1, 0) on conflict do nothing', [eventId]);
  const sql = 'select seq, state from notify_cursors where event_id = $1 for update';
  const [place] = await tx.query<Place>(sql, [eventId]);
  if (place === undefined) throw new Error('a cursor that was made is not there');
  return place;
}

async function oweHooks(
  tx: Transaction,
  eventId: string,
  entries: readonly Entry[],
  jobs: readonly FinishedJob[],
): Promise<void> {
  const hooks = await readHooks(tx, eventId);
  if (hooks.length === 0) return;
  const epoch = entries[0]?.epoch ?? '';
  await insertNotifications(tx, [...entryHooks(hooks, entries), ...jobHooks(hooks, epoch, jobs)]);
}

async function gatherMail(
  tx: Transaction,
  pace: Pace,
  { event_id: eventId, seq }: Entry,
  { kinds }: Triggers,
  jobs: readonly FinishedJob[],
): Promise<void> {
  const told: MailKind[] = [...kinds].filter((kind) => audiences[kind] !== 'uploader');
  for (const kind of told)
    for (const reader of await readReaders(tx, eventId, kind))
      await gather(tx, pace, { eventId, kind, reader, seq, items: [] });
  const kind = 'upload_finished';
  const accounts = jobs.flatMap(({ accountId }) => accountId ?? []);
  for (const reader of accounts.length > 0 ? await readReaders(tx, eventId, kind, accounts) : []) {
    const items = jobs.filter(({ accountId }) => accountId === reader.accountId).map(({ job_id }) => job_id);
    await gather(tx, pace, { eventId, kind, reader, seq, items });
  }
}
