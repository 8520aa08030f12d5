import type { ChangeEvent, CreateEvent, EventState, EventView } from '@kilat/contract';
import { v7 as uuidv7 } from 'uuid';
import type { Database, Queryable, Transaction } from '../database/database.ts';
import { Event, Membership } from '../database/entities.ts';
import { type Journal, startJournal } from '../journal/journal.ts';
import { createLink } from './links.ts';

interface EventRow {
  eventId: string;
  title: string;
  startsOn: string | null;
  place: string | null;
  state: EventState;
  webOriginals: boolean;
  photoCount: number;
  createdAt: Date;
}

const select = `select e.event_id as "eventId", e.title, e.starts_on as "startsOn", e.place, e.state,
  e.web_originals as "webOriginals", h.photo_count as "photoCount", e.created_at as "createdAt" from events e join heads h on h.event_id = e.event_id`;
const mostListed = 200;

/** Reads one event; undefined when there is none. */
export async function readEvent(from: Queryable, eventId: string): Promise<EventView | undefined> {
  const [row] = await from.query<EventRow>(`${select} where e.event_id = $1`, [eventId]);
  return row === undefined ? undefined : viewOf(row);
}

/** Keeps events; every change goes through the journal. */
export function eventStore(database: Database, journal: Journal, secret: string) {
  return {
    read: (eventId: string) => readEvent(database, eventId),
    /** Lists the newest 200 events that an account has a part in; the owner has one in all. */
    async list(account: { accountId: string; role: 'owner' | 'member' }): Promise<EventView[]> {
      const rows = await database.query<EventRow>(
        `${select} where $2 or exists (select 1 from memberships m where m.event_id = e.event_id and m.account_id = $1)
         order by e.created_at desc limit ${mostListed}`,
        [account.accountId, account.role === 'owner'],
      );
      return rows.map(viewOf);
    },
    /** Creates an event with its journal, its owner's membership and its first guest link, in one commit. */
    async create(accountId: string, wanted: CreateEvent): Promise<EventView> {
      const eventId = uuidv7();
      return journal.commit(eventId, async (tx) => {
        await startJournal(tx, eventId);
        await insertEvent(tx, eventId, accountId, wanted);
        const linkId = await createLink(tx, eventId, secret);
        const value = await reread(tx, eventId);
        return { value, entries: [{ type: 'event.created' }, { type: 'link.created', data: { link_id: linkId } }] };
      });
    },
    change: (eventId: string, wanted: ChangeEvent) =>
      journal.commit(eventId, async (tx) => {
        await tx.query(
          `update events set title = coalesce($2, title), state = coalesce($3, state), web_originals = coalesce($8, web_originals),
             starts_on = case when $4 then $5::date else starts_on end, place = case when $6 then $7 else place end where event_id = $1`,
          [
            ...[
              eventId,
              wanted.title ?? null,
              wanted.state ?? null,
              wanted.starts_on !== undefined,
              wanted.starts_on ?? null,
            ],
            ...[wanted.place !== undefined, wanted.place ?? null, wanted.web_originals ?? null],
          ],
        );
        const value = await reread(tx, eventId);
        return { value, entries: [{ type: 'event.changed', data: { state: value.state } }] };
      }),
  };
}
export type EventStore = ReturnType<typeof eventStore>;

async function insertEvent(tx: Transaction, eventId: string, accountId: string, wanted: CreateEvent): Promise<void> {
  const { title, starts_on = null, place = null } = wanted;
  await tx.em.insert(Event, { eventId, title, startsOn: starts_on, place, state: 'live', createdBy: accountId });
  await tx.em.insert(Membership, { eventId, accountId, role: 'owner' });
}

async function reread(tx: Transaction, eventId: string): Promise<EventView> {
  const event = await readEvent(tx, eventId);
  if (event === undefined) throw new Error(`event ${eventId} vanished`);
  return event;
}

function viewOf(row: EventRow): EventView {
  return {
    event_id: row.eventId,
    title: row.title,
    starts_on: row.startsOn,
    place: row.place,
    state: row.state,
    web_originals: row.webOriginals,
    photo_count: row.photoCount,
    created_at: row.createdAt.toISOString(),
  };
}
