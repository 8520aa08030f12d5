import { afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { readPage } from '#internal/photos/page.ts';
import { startTarget, type TestTarget } from '#internal/process/processtest.ts';
import { main as relay } from './relay/main.ts';
import { type RerenderOptions, rerender } from './rerender.ts';
import { main as thumbnail } from './thumbnail/main.ts';
import { noisy, oriented } from './thumbnail/phototest.ts';
import { type Darkroom, openDarkroom } from './thumbnail/thumbnailtest.ts';

let room: Darkroom;
let targets: TestTarget[];
let bytes: Buffer;
beforeAll(async () => {
  bytes = await oriented(1);
});
beforeEach(async () => {
  room = await openDarkroom();
  targets = [await startTarget(relay, room.env), await startTarget(thumbnail, room.env)];
});
afterEach(async () => {
  await Promise.all(targets.map((target) => target.stop()));
  await room[Symbol.asyncDispose]();
});

async function ready(count: number, of = bytes): Promise<string[]> {
  const photoIds = await Promise.all(Array.from({ length: count }, () => room.store(of)));
  for (const photoId of photoIds) await room.untilState(photoId, 'ready');
  return photoIds;
}

/** Runs the command to its end; `onTell` hears each line of progress. */
async function run(options: Partial<RerenderOptions> = {}, onTell: (line: string) => unknown = () => {}) {
  const [printed, told] = [[] as unknown[], [] as string[]];
  const code = await rerender(room.env, {
    ...{ event: undefined, missing: undefined, failed: false, json: true, signal: new AbortController().signal },
    print: (line) => printed.push(JSON.parse(line)),
    tell: (line) => {
      told.push(line);
      onTell(line);
    },
    ...options,
  });
  return { code, printed, told: told.join('\n') };
}

async function versionsOf(photoIds: readonly string[]): Promise<number[]> {
  return Promise.all(photoIds.map(async (photoId) => (await room.photoOf(photoId)).version));
}
const generationsOf = async (photoIds: readonly string[]) =>
  Promise.all(photoIds.map(async (photoId) => (await room.stageOf(photoId))?.generation));

test('renders every photo anew, once, while guests go on seeing what they saw', async () => {
  const photoIds = await ready(6);
  const before = await versionsOf(photoIds);
  const guests = { eventId: room.event.eventId, audience: 'guest', before: undefined, limit: 100 } as const;
  let seen = 6;
  const look = setInterval(async () => {
    const page = await readPage(room.event.database, guests);
    seen = Math.min(seen, page?.photos.filter(({ renditions }) => renditions.length >= 3).length ?? 0);
  }, 20);
  const { code, printed, told } = await run();
  clearInterval(look);
  expect({ code, printed }).toEqual({ code: 0, printed: [] });
  expect(told).toMatch(/^0 of 6 photos, 0\.0\/s\n(.*\n)*6 of 6 photos rendered$/);
  expect(seen).toBe(6);
  for (const [n, version] of (await versionsOf(photoIds)).entries()) expect(version).toBeGreaterThan(before[n] ?? 0);
  expect(await generationsOf(photoIds)).toEqual(Array(6).fill(2));
  for (const photoId of photoIds) expect((await room.rendition(photoId, 'large')).length).toBeGreaterThan(0);
});

test('takes only what lacks a rendition and should have it', async () => {
  const [large = '', small = ''] = [...(await ready(1, await noisy(2_000))), ...(await ready(1))];
  const lacking = `update photos set renditions = '{small,medium,large}' where photo_id = $1`;
  for (const photoId of [large, small]) await room.event.database.query(lacking, [photoId]);
  expect((await run({ missing: 'xlarge' })).code).toBe(0);
  expect(await generationsOf([large, small])).toEqual([2, 1]);
  expect((await room.photoOf(large)).renditions).toContain('xlarge');
  expect((await run({ missing: 'xlarge' })).told).toBe('0 of 0 photos, 0.0/s\n0 of 0 photos rendered');
});

test('ends with 1 where a photo fails, and names it; the photo stays as it was seen', async () => {
  const [good = '', gone = ''] = await ready(2);
  await room.objects.remove([`e/${room.event.eventId}/${gone}/original-1`]);
  const { version } = await room.photoOf(gone);
  const { code, printed } = await run({ event: room.event.eventId });
  expect({ code, printed }).toEqual({
    code: 1,
    printed: [
      { event_id: room.event.eventId, photo_id: gone, class: 'invalid', error: expect.stringMatching(/not in the/) },
    ],
  });
  expect(await room.photoOf(gone)).toMatchObject({ state: 'ready', version });
  expect(await generationsOf([good, gone])).toEqual([2, 2]);
});

test('leaves failed photos alone unless told to take them too; one that then comes out is seen and counted', async () => {
  const photoId = await room.store(bytes, { stored: 'nothing' });
  await room.untilState(photoId, 'failed');
  const key = `e/${room.event.eventId}/${photoId}/original-1`;
  await room.objects.put({ key, body: bytes, size: bytes.length, contentType: 'image/jpeg' });
  expect((await run()).told).toMatch(/^0 of 0 photos rendered$/m);
  expect((await room.photoOf(photoId)).state).toBe('failed');
  expect(await run({ failed: true })).toMatchObject({
    code: 0,
    told: expect.stringMatching(/1 of 1 photos rendered$/),
  });
  const guests = { eventId: room.event.eventId, audience: 'guest', before: undefined, limit: 100 } as const;
  const page = await readPage(room.event.database, guests);
  expect([page?.photos.map(({ photo_id }) => photo_id), page?.head.photoCount]).toEqual([[photoId], 1]);
});

test('stopped, it ends with 2 and its work goes on; the same command sets no photo twice', async () => {
  const photoIds = await ready(5);
  await targets.pop()?.stop();
  const stop = new AbortController();
  let lines = 0;
  const stopped = await run({ signal: stop.signal }, () => ++lines === 2 && stop.abort());
  expect(stopped).toMatchObject({ code: 2, told: expect.stringMatching(/^stopped: 5 photos are set and go on/m) });
  const late = await room.store(bytes);
  targets.push(await startTarget(thumbnail, room.env));
  const resumed = await run();
  expect(resumed).toMatchObject({ code: 0, told: expect.stringMatching(/^goes on after 5 photos/) });
  await room.untilState(late, 'ready');
  expect(await generationsOf([...photoIds, late])).toEqual([2, 2, 2, 2, 2, 1]);
});

test('refuses to run twice at once, and an event that nobody knows', async () => {
  await ready(1);
  await targets.pop()?.stop();
  const [stop, begun] = [new AbortController(), Promise.withResolvers<void>()];
  const first = run({ signal: stop.signal }, () => begun.resolve());
  await begun.promise;
  expect(await run()).toMatchObject({ code: 2, told: expect.stringMatching(/another re-rendering is running/) });
  stop.abort();
  expect((await first).code).toBe(2);
  expect(await run({ event: 'nobody' })).toMatchObject({ code: 2, told: 'there is no event nobody' });
});

test('does not go on with a run that nobody ended for a week', async () => {
  const photoIds = await ready(1);
  await targets.pop()?.stop();
  const stoppedRun = () => {
    const stop = new AbortController();
    let lines = 0;
    return run({ signal: stop.signal }, () => ++lines === 2 && stop.abort());
  };
  await stoppedRun();
  await room.event.database.query(`update backfills set started_at = now() - interval '8 days'`);
  await room.event.database.query(`update stages set state = 'done'`);
  await room.event.database.query(`update photos set thumbnails_ready_at = now()`);
  expect((await stoppedRun()).told).not.toMatch(/goes on after/);
  expect(await generationsOf(photoIds)).toEqual([3]);
});

test('sets a live event first, no more at once than keeps workers busy, and goes on where it was stopped', async () => {
  await Promise.all(targets.splice(0).map((target) => target.stop()));
  const { database, eventId, foreignEventId } = room.event;
  await database.query(`update events set state = 'closed' where event_id = $1`, [foreignEventId]);
  for (const [id, count] of [[foreignEventId, 700] as const, [eventId, 20] as const]) {
    await database.query(
      `insert into photos (event_id, photo_id, file_name, state, size, stored_seq, stored_at, thumbnails_ready_at)
       select $1, gen_random_uuid(), 'A.JPG', 'ready', 1, n, now(), now() from generate_series(1, $2) n`,
      [id, count],
    );
    await database.query(
      `insert into stages (event_id, photo_id, stage, state) select event_id, photo_id, 'thumbnail', 'done' from photos where event_id = $1`,
      [id],
    );
  }
  const countDue = async () =>
    database.query<{ eventId: string; n: number; lane: string }>(
      `select event_id as "eventId", lane, count(*)::int as n from stages where state = 'due' group by 1, 2 order by 3`,
    );
  let lines = 0;
  const stop = new AbortController();
  const stopped = await run({ signal: stop.signal }, () => ++lines === 2 && stop.abort());
  expect(stopped.told).toMatch(/^0 of 720 photos/m);
  expect(await countDue()).toEqual([
    { eventId, n: 20, lane: 'bulk' },
    { eventId: foreignEventId, n: 400, lane: 'bulk' },
  ]);
  // Stands in for workers, which would take minutes for so many.
  const settling = setInterval(() => void database.query(`update stages set state = 'done' where state = 'due'`), 100);
  const resumed = await run();
  clearInterval(settling);
  expect(resumed).toMatchObject({
    code: 0,
    told: expect.stringMatching(/^goes on after 420 photos(.*\n)*720 of 720 photos rendered$/m),
  });
  expect(await database.query('select distinct generation from stages')).toEqual([{ generation: 2 }]);
});
