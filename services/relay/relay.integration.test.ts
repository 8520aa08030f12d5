import { type Entry, workDurable } from '@kilat/contract';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { readJournalStream, startTestBus, type TestBus } from '#internal/bus/bustest.ts';
import { openTestEvent, type TestEvent } from '#internal/events/eventtest.ts';
import { readHead } from '#internal/journal/journal.ts';
import { startTarget, type TestTarget } from '#internal/process/processtest.ts';
import { main } from './main.ts';

let event: TestEvent;
let nats: TestBus;
const relays: TestTarget[] = [];

beforeEach(async () => {
  [event, nats] = await Promise.all([openTestEvent(), startTestBus()]);
});
afterEach(async () => {
  await Promise.all(relays.splice(0).map((relay) => relay.stop()));
  await nats[Symbol.asyncDispose]();
  await event[Symbol.asyncDispose]();
});

async function startRelay(): Promise<TestTarget> {
  const env = {
    DATABASE_URL: event.url,
    NATS_URL: nats.url,
    RELAY_LOST_CHECK_SECONDS: '1',
    RELAY_MEASURE_SECONDS: '1',
  };
  const relay = await startTarget(main, env);
  relays.push(relay);
  return relay;
}

async function append(eventId: string, count: number): Promise<void> {
  for (let n = 0; n < count; n++)
    await event.journal.commit(eventId, async () => ({ value: undefined, entries: [{ type: 'event.changed' }] }));
}

async function published(eventId: string): Promise<void> {
  const { seq = 0 } = (await readHead(event.database, eventId)) ?? {};
  const cursor = async () => {
    const [row] = await event.database.query<{ seq: number }>(
      'select published_seq as seq from relay_cursors where event_id = $1',
      [eventId],
    );
    return row?.seq;
  };
  await vi.waitFor(async () => expect(await cursor()).toBe(seq), { interval: 50 });
}

function seqsOf(entries: readonly Entry[], eventId: string): number[] {
  return entries.filter((entry) => entry.event_id === eventId).map(({ seq }) => seq);
}

async function upTo(eventId: string): Promise<number[]> {
  const { seq = 0 } = (await readHead(event.database, eventId)) ?? {};
  return Array.from({ length: seq }, (_, n) => n + 1);
}

async function stageOf(photoId: string) {
  const [row] = await event.database.query<{ state: string; generation: number; work_seq: number }>(
    'select state, generation, work_seq from stages where photo_id = $1',
    [photoId],
  );
  return row;
}

function queued(photoId: string, generation: number) {
  return vi.waitFor(async () => expect(await stageOf(photoId)).toMatchObject({ state: 'queued', generation }), {
    interval: 50,
  });
}

test('each event is published in order and once, while the bus is killed and relays come and go', async () => {
  const first = await startRelay();
  await startRelay();
  const ids = [event.eventId, event.foreignEventId];
  const writing = Promise.all(ids.map((id) => append(id, 150)));
  const begun = async () => expect((await readJournalStream(nats.url)).length).toBeGreaterThan(20);
  await vi.waitFor(begun, { interval: 20 });
  await nats.kill();
  await nats.restart();
  relays.splice(relays.indexOf(first), 1);
  await first.stop();
  await writing;
  for (const id of ids) await published(id);
  const stream = await readJournalStream(nats.url);
  for (const id of ids) expect(seqsOf(stream, id)).toEqual(await upTo(id));
});

test('a wiped bus is declared again, and what is new follows without a hole', async () => {
  await startRelay();
  await append(event.eventId, 5);
  await published(event.eventId);
  const before = (await upTo(event.eventId)).length;
  await nats.wipe();
  await append(event.eventId, 5);
  await published(event.eventId);
  const all = await upTo(event.eventId);
  expect(seqsOf(await readJournalStream(nats.url), event.eventId)).toEqual(all.slice(before));
});

test('due work is handed out once, with its place in the stream noted', async () => {
  await startRelay();
  const photoId = await event.addPhoto();
  await queued(photoId, 1);
  const delivery = await (await nats.bus.deliveries('thumbnail', 'live')).next(5_000);
  expect(JSON.parse(new TextDecoder().decode(delivery?.data))).toEqual({
    v: 1,
    event_id: event.eventId,
    photo_id: photoId,
    stage: 'thumbnail',
    lane: 'live',
    generation: 1,
  });
  const { firstSeq, lastSeq } = await nats.bus.lag(workDurable('thumbnail', 'live'));
  expect([firstSeq, lastSeq]).toEqual([(await stageOf(photoId))?.work_seq, (await stageOf(photoId))?.work_seq]);
});

test('work that waits for its time stays where it is', async () => {
  const [later, now] = [await event.addPhoto(), await event.addPhoto()];
  await event.database.query(`update stages set next_attempt_at = now() + interval '1 hour' where photo_id = $1`, [
    later,
  ]);
  await startRelay();
  await queued(now, 1);
  expect(await stageOf(later)).toMatchObject({ state: 'due' });
});

test('a photo that comes in goes before all that is tried again at once', async () => {
  await event.database.query(
    `insert into stages (event_id, photo_id, stage, lane, next_attempt_at)
     select $1, gen_random_uuid(), 'thumbnail', 'bulk', now() - interval '1 minute' from generate_series(1, 600)`,
    [event.eventId],
  );
  const photoId = await event.addPhoto();
  await startRelay();
  await queued(photoId, 1);
  expect((await stageOf(photoId))?.work_seq).toBeLessThan(400);
});

test('work that a wiped bus lost is due again under a new generation', async () => {
  await startRelay();
  const photoId = await event.addPhoto();
  await queued(photoId, 1);
  await nats.wipe();
  await queued(photoId, 2);
});

test('work that was acknowledged without being settled is due again', async () => {
  await startRelay();
  const photoId = await event.addPhoto();
  await queued(photoId, 1);
  await (await (await nats.bus.deliveries('thumbnail', 'live')).next(5_000))?.done();
  await queued(photoId, 2);
});

test('work whose message the bus forgot in a crash is due again, and what is in its queue stays there', async () => {
  await startRelay();
  const [forgotten, kept] = [await event.addPhoto(), await event.addPhoto()];
  await Promise.all([queued(forgotten, 1), queued(kept, 1)]);
  await event.database.query('update stages set work_seq = work_seq + 100 where photo_id = $1', [forgotten]);
  await queued(forgotten, 2);
  expect(await stageOf(kept)).toMatchObject({ state: 'queued', generation: 1 });
});

async function figures(relay: TestTarget): Promise<Record<string, number>> {
  const lines = (await relay.metrics.metrics()).split('\n').filter((line) => line.startsWith('kilat_relay_'));
  return Object.fromEntries(
    lines.map((line) => [line.slice(12, line.lastIndexOf(' ')), Number(line.split(' ').at(-1))]),
  );
}

test('who leads tells how much waits, for how long, what failed and what is not acked; who does not tells nothing', async () => {
  const photoIds = await Promise.all([event.addPhoto(), event.addPhoto(), event.addPhoto(), event.addPhoto()]);
  const set = (sql: string, photoId = '') =>
    event.database.query(`update stages set ${sql} where photo_id = $1`, [photoId]);
  await set(`next_attempt_at = now() + interval '1 hour', lane = 'bulk'`, photoIds[0]);
  await set(`next_attempt_at = now() - interval '1 hour'`, photoIds[1]);
  await set(`state = 'failed', error_class = 'network'`, photoIds[2]);
  await set(`state = 'failed', stage = 'backup', error_class = 'network', discarded_at = now()`, photoIds[3]);
  await event.database.query(
    `insert into notifications (notification_id, event_id, kind, channel, target_id, content, due_at, give_up_at)
     select gen_random_uuid(), $1, 'photo.stored', 'webhook', gen_random_uuid(), '{}', now() + h * interval '1 hour', now() + (24 + h) * interval '1 hour'
     from generate_series(-1, 1) h`,
    [event.eventId],
  );
  const leading = await startRelay();
  await queued(photoIds[1] ?? '', 1);
  const standingBy = await startRelay();
  const want = {
    'stage_depth{stage="thumbnail",lane="live",state="queued"}': 1,
    'stage_depth{stage="thumbnail",lane="bulk",state="due"}': 1,
    'stage_oldest_due_seconds{stage="thumbnail",lane="bulk"}': 0,
    'stage_failures{stage="thumbnail",class="network"}': 1,
    'stage_failures{stage="backup",class="network"}': 0,
    'notifications_due{channel="webhook"}': 2,
    'notifications_due{channel="email"}': 0,
    'consumer_lag{stream="JOURNAL",consumer="notify"}': expect.any(Number),
    'consumer_lag{stream="WORK",consumer="thumbnail-live"}': 1,
    'consumer_lag{stream="WORK",consumer="thumbnail-bulk"}': 0,
  };
  await vi.waitFor(async () => expect(await figures(leading)).toMatchObject(want), { interval: 200 });
  const oldest = (await figures(leading))['stage_oldest_due_seconds{stage="thumbnail",lane="live"}'];
  expect(oldest).toBeGreaterThanOrEqual(3_600);
  expect(oldest).toBeLessThan(2 * 3_600);
  const told = async (relay: TestTarget) =>
    Object.keys(await figures(relay)).filter((name) => name.includes('{stage='));
  expect(await told(standingBy)).toEqual([]);
  relays.splice(relays.indexOf(leading), 1);
  await leading.stop();
  expect(await told(leading)).toEqual([]);
  await vi.waitFor(async () => expect(await figures(standingBy)).toMatchObject(want));
});

test('who leads and cannot publish tells how long the oldest entry has waited', async () => {
  const relay = await startRelay();
  await append(event.eventId, 1);
  await published(event.eventId);
  const waited = async () => (await figures(relay)).unpublished_oldest_seconds;
  await vi.waitFor(async () => expect(await waited()).toBe(0), { interval: 100 });
  const startedAt = Date.now() / 1_000;
  await nats.fillUp();
  await append(event.eventId, 2);
  await vi.waitFor(async () => expect(await waited()).toBeGreaterThan(2), { interval: 200 });
  expect((await figures(relay)).measured_timestamp_seconds).toBeGreaterThan(startedAt);
});
