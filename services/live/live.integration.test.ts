import { type Frame, formatCursor } from '@kilat/contract';
import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest';
import { stranger } from '#internal/auth/principal.ts';
import { type Bus, openBus } from '#internal/bus/bus.ts';
import { failPhoto, openTestEvent, type TestEvent, testSecret } from '#internal/events/eventtest.ts';
import { readEntries, readHead } from '#internal/journal/journal.ts';
import { silentLog } from '#internal/log/log.ts';
import { peopleStore } from '#internal/people/people.ts';
import { contextOf } from '#internal/process/context.ts';
import { startTarget, type TestTarget } from '#internal/process/processtest.ts';
import { freePort } from '../../deploy/local/port.ts';
import { startNats } from '../../deploy/local/servers/nats.ts';
import type { Server } from '../../deploy/local/servers/server.ts';
import { temporaryFolder } from '../../deploy/local/testing.ts';
import { type Watcher, watch } from './livetest.ts';
import { main } from './main.ts';

let event: TestEvent;
let nats: Server;
let bus: Bus;
let live: TestTarget;
let url: string;
const end = new AbortController();
const watchers: Watcher[] = [];

beforeAll(async () => {
  [event, nats] = await Promise.all([openTestEvent(), startNats({ dataDir: temporaryFolder() })]);
  bus = await openBus(contextOf(end.signal), { url: nats.env.NATS_URL ?? '', log: silentLog() });
  await bus.declare();
  const port = await freePort();
  live = await startTarget(main, {
    DATABASE_URL: event.url,
    NATS_URL: nats.env.NATS_URL,
    KILAT_SECRET: testSecret,
    LIVE_LISTEN: `127.0.0.1:${port}`,
    LIVE_GRACE_SECONDS: '0',
    LIVE_STREAMS_PER_SESSION: '50',
  });
  url = `http://127.0.0.1:${port}/live/events/${event.eventId}`;
});
afterEach(() => Promise.all(watchers.splice(0).map((watcher) => watcher.stop())));
afterAll(async () => {
  await live.stop();
  await bus[Symbol.asyncDispose]();
  await nats.stop();
  await event[Symbol.asyncDispose]();
});

async function headCursor(): Promise<string> {
  const head = await readHead(event.database, event.eventId);
  return formatCursor(head ?? { epoch: '', seq: 0 });
}

function open(cookie: string, start?: string): Watcher {
  const watcher = watch(url, cookie, start);
  watchers.push(watcher);
  return watcher;
}

/** Publishes as a bad day has it: some entries never, some twice, in any order. */
async function publishBadly(after: number, random: () => number): Promise<void> {
  const entries = await readEntries(event.database, event.eventId, after, 1_000);
  const some = entries.flatMap((entry) => (random() < 0.3 ? [] : random() < 0.3 ? [entry, entry] : [entry]));
  for (const entry of some.sort(() => random() - 0.5)) await bus.publishEntry(entry);
}

function lastTo(frames: readonly Frame[]): number {
  return frames.at(-1)?.to ?? 0;
}

async function caughtUp(...some: Watcher[]): Promise<number> {
  const seq = (await readHead(event.database, event.eventId))?.seq ?? 0;
  await vi.waitFor(() => expect(some.map(({ frames }) => lastTo(frames))).toEqual(some.map(() => seq)), {
    interval: 20,
  });
  return seq;
}

test('nobody misses an entry over bad delivery, cut connections and 500 entries', async () => {
  const start = await headCursor();
  const from = Number(start.split('.')[1]);
  const random = seeded(7);
  const guests = Array.from({ length: 5 }, () => open(event.cookies.guest, start));
  const studio = open(event.cookies.owner, start);
  for (let round = 0; round < 50; round++) {
    const before = (await readHead(event.database, event.eventId))?.seq ?? 0;
    await Promise.all(Array.from({ length: 10 }, () => event.addPhoto()));
    await publishBadly(before, random);
    for (const watcher of [...guests, studio]) if (random() < 0.15) watcher.cut();
  }
  const seq = await caughtUp(...guests, studio);
  expect(seq - from).toBe(500);
  const journal = await readEntries(event.database, event.eventId, from, 1_000);
  for (const { frames, holes } of [...guests, studio]) {
    expect(holes).toEqual([]);
    expect(frames.flatMap(({ entries }) => entries.map((entry) => entry.seq))).toEqual(journal.map((one) => one.seq));
  }
  expect(Math.max(...guests.map(({ statuses }) => statuses.length))).toBeGreaterThan(2);
});

test('photos of a quiet event wait for no look at the journal', async () => {
  const guest = open(event.cookies.guest, await headCursor());
  await vi.waitFor(() => expect(guest.hellos).toHaveLength(1));
  const startedAt = performance.now();
  for (let n = 0; n < 5; n++) {
    const before = (await readHead(event.database, event.eventId))?.seq ?? 0;
    const photoId = await event.addPhoto();
    await bus.publishEntry((await readEntries(event.database, event.eventId, before, 1))[0] ?? never());
    await vi.waitFor(() => expect(guest.frames.at(-1)?.entries.at(-1)?.photo_id).toBe(photoId), { interval: 5 });
  }
  // A look comes every two seconds: found by looks, each after the first would take as long.
  expect(performance.now() - startedAt).toBeLessThan(4 * 2_000);
});

test('without a word from the bus a photo comes all the same', async () => {
  const guest = open(event.cookies.guest, await headCursor());
  const photoId = await event.addPhoto();
  await vi.waitFor(() => expect(guest.frames.at(-1)?.entries.at(-1)?.photo_id).toBe(photoId));
});

test('a guest sees no file names, and a failed photo goes; the team sees why', async () => {
  const start = await headCursor();
  const [guest, studio] = [open(event.cookies.guest, start), open(event.cookies.photographer, start)];
  const photoId = await event.addPhoto('Wedding of Ayu.jpg');
  await caughtUp(guest, studio);
  await failPhoto(event.journal, event.eventId, photoId);
  await caughtUp(guest, studio);
  expect(guest.frames.at(-1)?.entries).toMatchObject([{ type: 'photo.failed', photo_id: photoId, photo: null }]);
  expect(JSON.stringify(guest.frames)).not.toContain('Wedding of Ayu');
  expect(studio.frames.at(-1)?.entries[0]?.photo).toMatchObject({
    state: 'failed',
    details: { file_name: 'Wedding of Ayu.jpg', error: { code: 'not_a_photo' } },
  });
});

test('the counter follows the number of photos', async () => {
  const guest = open(event.cookies.guest, await headCursor());
  await event.addPhoto();
  await event.addPhoto();
  const photos = (await readHead(event.database, event.eventId))?.photoCount;
  await vi.waitFor(() => expect(guest.counts.at(-1)).toEqual({ photos }));
});

const unfollowable = [
  { name: 'of another epoch', cursor: async () => '00000000-0000-4000-8000-000000000000.3' },
  { name: 'beyond the head', cursor: async () => (await headCursor()).replace(/\d+$/, '999999') },
];
test.each(unfollowable)(
  'a cursor $name is answered by resync, and the stream goes on from the head',
  async ({ cursor }) => {
    const guest = open(event.cookies.guest, await cursor());
    await vi.waitFor(() => expect(guest.holes[0]).toMatch(/^resync/));
    expect(guest.hellos[0]?.recovered).toBe(false);
    await event.addPhoto();
    await vi.waitFor(() => expect(guest.frames[0]?.from).toBe(guest.hellos[0]?.head_seq));
  },
);

test('a follower from long ago gets all of it in frames of at most 1,000 entries', async () => {
  const { epoch = '' } = (await readHead(event.database, event.eventId)) ?? {};
  await event.journal.commit(event.eventId, async () => ({
    value: undefined,
    entries: Array.from({ length: 2_500 }, () => ({ type: 'photo.verified' as const, data: {} })),
  }));
  const studio = open(event.cookies.owner, formatCursor({ epoch, seq: 0 }));
  const seq = await caughtUp(studio);
  expect(studio.holes).toEqual([]);
  expect(Math.max(...studio.frames.map(({ entries }) => entries.length))).toBe(1_000);
  expect(studio.frames.flatMap(({ entries }) => entries)).toHaveLength(seq);
});

test("a revoked link's guests are sent away and do not come in again; others stay", async () => {
  const link = await event.links.create(event.eventId);
  const opened = await event.links.open(link.path.slice('/g/'.length));
  const cookie = `kilat=${(await event.sessions.beginGuest(opened)).token}`;
  const [revoked, other] = [open(cookie, await headCursor()), open(event.cookies.guest, await headCursor())];
  await vi.waitFor(() => expect([revoked.hellos.length, other.hellos.length]).toEqual([1, 1]));
  await event.links.revoke(event.eventId, link.link_id);
  await vi.waitFor(() => expect(revoked.statuses.at(-1)).toBe(403));
  await event.addPhoto();
  await caughtUp(other);
  expect(other.statuses).toEqual([200]);
});

test('a member who is removed is sent away at once and does not come in again', async () => {
  const people = peopleStore(event, testSecret);
  const by = { accountId: event.ownerId, role: 'owner' } as const;
  const { path } = await people.invites.create(event.eventId, by, { role: 'photographer' });
  const joining = await people.join(stranger, { token: path?.slice('/join#'.length) ?? '', name: 'Eka' });
  const cookie = `kilat=${joining.session?.token}`;
  const principal = await event.sessions.find(cookie);
  const [member, other] = [open(cookie), open(event.cookies.photographer)];
  await vi.waitFor(() => expect([member.hellos.length, other.hellos.length]).toEqual([1, 1]));
  const accountId = principal.kind === 'account' ? principal.accountId : '';
  await people.members.remove(event.eventId, by, accountId);
  await vi.waitFor(() => expect(member.statuses.at(-1)).toBe(404));
  expect(other.statuses).toEqual([200]);
});

test('guests leave with an event that is archived, the team stays', async () => {
  const [guest, studio] = [open(event.cookies.guest), open(event.cookies.owner)];
  await vi.waitFor(() => expect([guest.hellos.length, studio.hellos.length]).toEqual([1, 1]));
  await event.events.change(event.eventId, { state: 'archived' });
  await vi.waitFor(() => expect(guest.statuses.at(-1)).toBe(403));
  expect(studio.statuses).toEqual([200]);
  await event.events.change(event.eventId, { state: 'live' });
});

test('a second replica carries on where the first one stopped', async () => {
  const guest = open(event.cookies.guest, await headCursor());
  await vi.waitFor(() => expect(guest.hellos).toHaveLength(1));
  await live.stop();
  await event.addPhoto();
  const { port } = new URL(url);
  live = await startTarget(main, {
    DATABASE_URL: event.url,
    NATS_URL: nats.env.NATS_URL,
    KILAT_SECRET: testSecret,
    LIVE_LISTEN: `127.0.0.1:${port}`,
    LIVE_GRACE_SECONDS: '0',
  });
  await caughtUp(guest);
  expect(guest.holes).toEqual([]);
});

function never(): never {
  throw new Error('there is an entry');
}

/** Makes random numbers that come again with the same seed. */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 1_664_525 + 1_013_904_223) % 4_294_967_296;
    return state / 4_294_967_296;
  };
}
