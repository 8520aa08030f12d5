import { v7 as uuidv7 } from 'uuid';
import { freePort } from '../../../deploy/local/port.ts';
import { freshBucket, freshDatabase, testServers } from '../../../deploy/local/testing.ts';
import { mintOwnerLink, redeem } from '../auth/ownerlink.ts';
import { type Sessions, sessionsOf } from '../auth/sessions.ts';
import { type Database, openDatabase } from '../database/database.ts';
import { migrate } from '../database/migrate.ts';
import { createJournal, type Journal } from '../journal/journal.ts';
import { silentLog } from '../log/log.ts';
import { linkStore } from './links.ts';
import { eventStore } from './store.ts';

/** Is the secret of tests. */
export const testSecret = 'a secret for tests of at least 32 characters';

/** Names who may knock; the `foreign` ones have their part in another event. */
export const cast = ['stranger', 'foreignGuest', 'guest', 'foreignPhotographer', 'photographer', 'owner'] as const;
export type Actor = (typeof cast)[number];

/** Is a live event on a database of its own, with somebody of each kind. */
export type TestEvent = Awaited<ReturnType<typeof openTestEvent>>;

/** Makes two live events and one actor of each kind; `cookies` are theirs. */
export async function openTestEvent() {
  const url = await freshDatabase();
  const log = silentLog();
  await migrate(url, log);
  const database = await openDatabase({ url, poolSize: 8, log });
  const journal = createJournal(database, () => {});
  const events = eventStore(database, journal, testSecret);
  const links = linkStore(database, journal, testSecret);
  const sessions = sessionsOf(database);
  const ownerId = await redeem(database, (await mintOwnerLink(database)).split('#')[1] ?? '');
  const create = async (title: string) => {
    const event = await events.create(ownerId, { title });
    await events.change(event.event_id, { state: 'live' });
    return event.event_id;
  };
  const [eventId, foreignEventId] = [await create('Ayu & Bram'), await create('Somebody else')];
  const guestOf = async (id: string) => {
    const [link] = await links.list(id);
    const opened = await links.open(link?.path.slice('/g/'.length) ?? '');
    return `kilat=${(await sessions.beginGuest(opened)).token}`;
  };
  const cookies: Record<Actor, string> = {
    stranger: '',
    foreignGuest: await guestOf(foreignEventId),
    guest: await guestOf(eventId),
    foreignPhotographer: await photographerOf(database, sessions, foreignEventId),
    photographer: await photographerOf(database, sessions, eventId),
    owner: `kilat=${(await sessions.beginAccount(ownerId)).token}`,
  };
  return {
    ...{ url, database, journal, events, links, sessions, ownerId, eventId, foreignEventId, cookies },
    addPhoto: (name?: string) => addPhoto(database, journal, eventId, name),
    [Symbol.asyncDispose]: () => database[Symbol.asyncDispose](),
  };
}

/** Answers what a target needs for an event: its database, an empty bucket, and a bus at which nobody listens. */
export async function environmentOf(event: TestEvent) {
  return {
    ...testServers(),
    DATABASE_URL: event.url,
    S3_BUCKET: freshBucket(),
    NATS_URL: `nats://127.0.0.1:${await freePort()}`,
    KILAT_SECRET: testSecret,
  };
}

async function photographerOf(database: Database, sessions: Sessions, eventId: string): Promise<string> {
  const accountId = uuidv7();
  await database.query(`insert into accounts (account_id, name, role) values ($1, 'Citra', 'member')`, [accountId]);
  await database.query(`insert into memberships (event_id, account_id, role) values ($1, $2, 'photographer')`, [
    eventId,
    accountId,
  ]);
  return `kilat=${(await sessions.beginAccount(accountId)).token}`;
}

// As the finish step of an upload does, without the bytes.
async function addPhoto(database: Database, journal: Journal, eventId: string, name = 'DSC_0001.JPG'): Promise<string> {
  const photoId = uuidv7();
  await database.query(
    `insert into photos (event_id, photo_id, file_name, content_type, size) values ($1, $2, $3, 'image/jpeg', 1000)`,
    [eventId, photoId, name],
  );
  await journal.commit(eventId, async (tx) => {
    await tx.query(
      `update photos set state = 'stored', stored_at = now(), width = 6000, height = 4000 where event_id = $1 and photo_id = $2`,
      [eventId, photoId],
    );
    await tx.query(`insert into stages (event_id, photo_id, stage) values ($1, $2, 'thumbnail')`, [eventId, photoId]);
    return { value: undefined, entries: [{ type: 'photo.stored', photo_id: photoId, count: 1 }] };
  });
  return photoId;
}

/** Fails a photo as its thumbnail stage does. */
export function failPhoto(journal: Journal, eventId: string, photoId: string): Promise<void> {
  return journal.commit(eventId, async (tx) => {
    const error = JSON.stringify({ class: 'invalid', code: 'not_a_photo', message: 'It does not decode.' });
    const key = [eventId, photoId];
    await tx.query(`update stages set state = 'failed', updated_at = now() where event_id = $1 and photo_id = $2`, key);
    await tx.query(`update photos set state = 'failed', processing_error = $3 where event_id = $1 and photo_id = $2`, [
      ...key,
      error,
    ]);
    return { value: undefined, entries: [{ type: 'photo.failed', photo_id: photoId, count: -1 }] };
  });
}
