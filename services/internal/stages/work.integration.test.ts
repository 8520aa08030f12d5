import type { Due, Lane } from '@kilat/contract';
import { workDurable } from '@kilat/contract';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { startTestBus, type TestBus } from '../bus/bustest.ts';
import { openTestEvent, type TestEvent } from '../events/eventtest.ts';
import { silentLog } from '../log/log.ts';
import { contextOf } from '../process/context.ts';
import { markDone, stageStore } from './store.ts';
import { work } from './work.ts';

let nats: TestBus;
let event: TestEvent;
beforeAll(async () => {
  [nats, event] = [await startTestBus(), await openTestEvent()];
});
afterAll(async () => {
  await nats[Symbol.asyncDispose]();
  await event[Symbol.asyncDispose]();
});

/** Stores a photo and publishes its work in a lane, as the relay does. */
async function hand(lane: Lane): Promise<void> {
  const photoId = await event.addPhoto();
  await event.database.query('update stages set lane = $2 where photo_id = $1', [photoId, lane]);
  const due = { event_id: event.eventId, photo_id: photoId, stage: 'thumbnail', lane, generation: 1 } as const;
  await nats.bus.publishDue({ v: 1, ...due });
}

/** Works one photo at a time until so many are done; answers their lanes in order. `during` runs while one is in hand. */
async function lanesDone(count: number, during: (taken: number) => Promise<void> = async () => {}): Promise<Lane[]> {
  const [lanes, end] = [[] as Lane[], new AbortController()];
  const attempt = async ({ due }: { due: Due }) => {
    lanes.push(due.lane);
    await during(lanes.length);
    await event.database.transaction((tx) => markDone(tx, due));
  };
  const stage = { name: 'thumbnail', concurrency: 1, timeoutMs: 10_000, attempt, fail: async () => {} } as const;
  const parts = { bus: nats.bus, stages: stageStore(event.database), stage, log: silentLog() };
  const working = work(contextOf(end.signal), parts);
  await vi.waitFor(() => expect(lanes.length).toBeGreaterThanOrEqual(count), { interval: 10 });
  end.abort();
  await working;
  return lanes;
}

test('while the live lane is full, one of five takes goes to what waits in the bulk lane', async () => {
  for (let n = 0; n < 24; n++) await hand('live');
  for (let n = 0; n < 4; n++) await hand('bulk');
  const between = (await lanesDone(28)).join('').split('bulk');
  // A live photo may be taken while the bulk lane's next one is on its way.
  for (const lives of between.slice(1, -1)) expect(['live'.repeat(4), 'live'.repeat(5)]).toContain(lives);
  expect('live'.repeat(5).startsWith(between[0] ?? '')).toBe(true);
});

test('while the bulk lane is full, a photo of the live lane is the next one that is taken', async () => {
  for (let n = 0; n < 8; n++) await hand('bulk');
  const lanes = await lanesDone(10, async (taken) => {
    if (taken === 3 || taken === 5) await hand('live');
  });
  expect(lanes.join(' ')).toBe('bulk bulk bulk live bulk live bulk bulk bulk bulk');
});

test('work that is told to stop ends what it has in hand, and leaves the rest to others', async () => {
  for (let n = 0; n < 6; n++) await hand('live');
  const [end, began] = [new AbortController(), Promise.withResolvers<void>()];
  const [inHand, finish] = [[] as string[], Promise.withResolvers<void>()];
  const attempt = async ({ due }: { due: Due }) => {
    if (inHand.push(due.photo_id) === 2) began.resolve();
    await finish.promise;
    await event.database.transaction((tx) => markDone(tx, due));
  };
  const stage = { name: 'thumbnail', concurrency: 2, timeoutMs: 10_000, attempt, fail: async () => {} } as const;
  const parts = { bus: nats.bus, stages: stageStore(event.database), stage, log: silentLog() };
  let stopped = false;
  const working = work(contextOf(end.signal), parts).then(() => {
    stopped = true;
  });
  await began.promise;
  end.abort();
  await vi.waitFor(async () => expect((await nats.bus.lag(workDurable('thumbnail', 'live'))).unacked).toBe(6));
  expect(stopped).toBe(false);
  finish.resolve();
  await working;
  const done = await event.database.query<{ photoId: string }>(
    `select photo_id as "photoId" from stages where state = 'done' and photo_id = any($1)`,
    [inHand],
  );
  expect(done.map(({ photoId }) => photoId).sort()).toEqual(inHand.toSorted());
  expect(inHand).toHaveLength(2);
  expect(await lanesDone(4)).toHaveLength(4);
});
