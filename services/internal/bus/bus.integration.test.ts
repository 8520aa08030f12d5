import { type Due, decodeDue, durables, type Entry, workDurable } from '@kilat/contract';
import { v7 as uuidv7 } from 'uuid';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { patienceMs } from '../../../deploy/local/patience.ts';
import { silentLog } from '../log/log.ts';
import { contextOf } from '../process/context.ts';
import { openBus } from './bus.ts';
import { readJournalStream, startTestBus, type TestBus } from './bustest.ts';
import type { Delivery } from './work.ts';

let nats: TestBus;
const end = new AbortController();
const ctx = contextOf(end.signal);

beforeAll(async () => {
  nats = await startTestBus();
});
afterAll(async () => {
  end.abort();
  await nats[Symbol.asyncDispose]();
});

function entryOf(eventId: string, seq: number): Entry {
  const recorded_at = new Date().toISOString();
  return {
    v: 1,
    epoch: eventId,
    event_id: eventId,
    seq,
    type: 'photo.stored',
    photo_id: uuidv7(),
    recorded_at,
    data: {},
  };
}

function dueOf(lane: Due['lane'] = 'live'): Due {
  return { v: 1, event_id: uuidv7(), photo_id: uuidv7(), stage: 'thumbnail', lane, generation: 1 };
}

function dueIn(delivery: Delivery | undefined): Due | undefined {
  return delivery && decodeDue(delivery.data);
}

test('an entry is in the stream once, however often it is published', async () => {
  const eventId = uuidv7();
  for (const seq of [1, 1, 2, 1, 2]) await nats.bus.publishEntry(entryOf(eventId, seq));
  const found = (await readJournalStream(nats.url)).filter(({ event_id }) => event_id === eventId);
  expect(found.map(({ seq }) => seq)).toEqual([1, 2]);
});

test('due work that is given back comes again at once, and work that is done never', async () => {
  const due = dueOf();
  const seq = await nats.bus.publishDue(due);
  expect(await nats.bus.publishDue(due)).toBe(seq);
  const deliveries = await nats.bus.deliveries('thumbnail', 'live');
  const first = await deliveries.next(5_000);
  expect(dueIn(first)).toEqual(due);
  first?.release();
  const second = await deliveries.next(5_000);
  expect(dueIn(second)).toEqual(due);
  await second?.done();
  expect(await deliveries.next(1_000)).toBeUndefined();
  expect((await nats.bus.lag(workDurable('thumbnail', 'live'))).ackedSeq).toBe(seq);
});

test('each lane has its own work', async () => {
  const bulk = dueOf('bulk');
  await nats.bus.publishDue(bulk);
  const [live, other] = await Promise.all([
    nats.bus.deliveries('thumbnail', 'live').then((lane) => lane.next(1_000)),
    nats.bus.deliveries('thumbnail', 'bulk').then((lane) => lane.next(5_000)),
  ]);
  expect(live).toBeUndefined();
  expect(dueIn(other)).toEqual(bulk);
  await other?.done();
});

interface Monitored {
  account_details: {
    name: string;
    stream_detail: {
      name: string;
      consumer_detail?: { name: string; num_pending: number; num_ack_pending: number }[];
    }[];
  }[];
}

test('what is not acked is the lag that autoscalers read at the monitoring port, by the names that we give', async () => {
  for (let n = 0; n < 3; n++) await nats.bus.publishDue(dueOf());
  const inHand = await (await nats.bus.deliveries('thumbnail', 'live')).next(5_000);
  const answer = (await nats.monitor('/jsz?acc=$G&consumers=true&config=true')) as Monitored;
  const account = answer.account_details.find(({ name }) => name === '$G');
  const read = new Map(
    account?.stream_detail.flatMap(({ name: stream, consumer_detail }) =>
      (consumer_detail ?? []).map((one) => [`${stream} ${one.name}`, one.num_pending + one.num_ack_pending] as const),
    ),
  );
  // Who follows the journal without a durable has a consumer there too.
  expect([...read.keys()]).toEqual(expect.arrayContaining(durables.map(({ stream, name }) => `${stream} ${name}`)));
  expect(read.get('WORK thumbnail-live')).toBe(3);
  for (const durable of durables)
    expect((await nats.bus.lag(durable)).unacked).toBe(read.get(`${durable.stream} ${durable.name}`));
  await inHand?.done();
  for (let n = 0; n < 2; n++) await (await (await nats.bus.deliveries('thumbnail', 'live')).next(5_000))?.done();
});

test('streams are asked for on as many servers as a cluster should keep them', async () => {
  await expect(nats.bus.declare(3)).rejects.toMatchObject({
    cause: { message: 'replicas > 1 not supported in non-clustered mode' },
  });
  await nats.bus.declare(1);
});

test('followers and workers find their streams again after all of them was wiped', async () => {
  const seen: number[] = [];
  let restarts = 0;
  const following = nats.bus.follow(ctx, {
    entry: ({ seq }) => seen.push(seq),
    restarted: () => {
      restarts += 1;
    },
  });
  await vi.waitFor(() => expect(restarts).toBe(1));
  const born = (await nats.bus.lag(workDurable('thumbnail', 'live'))).stream;

  await nats.wipe();
  await expect(nats.bus.publishEntry(entryOf(uuidv7(), 1))).rejects.toMatchObject({ kind: 'unavailable' });
  await vi.waitFor(() => nats.bus.declare(), { interval: 100 });
  expect((await nats.bus.lag(workDurable('thumbnail', 'live'))).stream).not.toBe(born);

  await vi.waitFor(() => expect(restarts).toBeGreaterThan(1));
  const eventId = uuidv7();
  await nats.bus.publishEntry(entryOf(eventId, 7));
  await vi.waitFor(() => expect(seen).toEqual([7]));
  await nats.bus.publishDue(dueOf());
  const delivery = await (await nats.bus.deliveries('thumbnail', 'live')).next(5_000);
  await delivery?.done();
  expect(delivery).toBeDefined();
  end.abort();
  await following;
});

test('who tells a bus that is ending what was committed does not fail', async () => {
  const bus = await openBus(contextOf(AbortSignal.timeout(patienceMs)), { url: nats.url, log: silentLog() });
  const told = () => {
    bus.wake();
    bus.hint({ event_id: uuidv7(), job_id: uuidv7(), files: [] });
  };
  const ending = bus[Symbol.asyncDispose]();
  told();
  await ending;
  told();
});
