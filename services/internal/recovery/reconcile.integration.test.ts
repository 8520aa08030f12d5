import { afterAll, beforeAll, expect, test } from 'vitest';
import { patienceMs } from '../../../deploy/local/patience.ts';
import { freshBucket, testServers } from '../../../deploy/local/testing.ts';
import { openTestEvent, type TestEvent } from '../events/eventtest.ts';
import { readEvent } from '../events/store.ts';
import { silentLog } from '../log/log.ts';
import { originalKey } from '../objects/key.ts';
import { type Objects, openObjects } from '../objects/objects.ts';
import { retryPhoto } from '../photos/retry.ts';
import { contextOf } from '../process/context.ts';
import { markDone } from '../stages/store.ts';
import { type Reconciled, reconcileDue, reconcileEvent } from './reconcile.ts';

let event: TestEvent;
let objects: Objects;
beforeAll(async () => {
  event = await openTestEvent();
  const servers = testServers();
  objects = openObjects({
    ...{ endpoint: servers.S3_ENDPOINT, region: servers.S3_REGION, bucket: freshBucket(), forcePathStyle: true },
    ...{ accessKeyId: servers.S3_ACCESS_KEY_ID, secretAccessKey: servers.S3_SECRET_ACCESS_KEY },
  });
});
afterAll(async () => {
  await objects[Symbol.asyncDispose]();
  await event[Symbol.asyncDispose]();
});

const put = (photoId: string) => {
  const body = Buffer.from('a photo');
  const key = originalKey(event.eventId, photoId, 1);
  return objects.put({ key, body, size: body.length, contentType: 'image/jpeg' });
};
const reconcile = (orphanHours = 0) => {
  const { database, journal } = event;
  return reconcileEvent({ database, journal, objects, log: silentLog() }, event.eventId, orphanHours);
};
const age = (photoId: string) =>
  event.database.query(`update photos set stored_at = now() - interval '1 hour' where photo_id = $1`, [photoId]);

test('a photo whose original is gone fails once, visibly; one that was just stored, or is whole, is left alone', async () => {
  const [gone, whole, fresh] = [await event.addPhoto(), await event.addPhoto(), await event.addPhoto()];
  await put(whole);
  await age(gone);
  await age(whole);
  const before = (await readEvent(event.database, event.eventId))?.photo_count ?? 0;
  expect(await reconcile()).toEqual({ missing: 1, quarantined: 0 });
  expect(await reconcile()).toEqual({ missing: 0, quarantined: 0 });
  const states = await event.database.query<{ photoId: string; state: string; code: string }>(
    `select photo_id as "photoId", state, processing_error ->> 'code' as code from photos where photo_id = any($1)`,
    [[gone, whole, fresh]],
  );
  expect(new Map(states.map(({ photoId, state, code }) => [photoId, [state, code]]))).toEqual(
    new Map([
      [gone, ['failed', 'photo_missing']],
      [whole, ['stored', null]],
      [fresh, ['stored', null]],
    ]),
  );
  expect((await readEvent(event.database, event.eventId))?.photo_count).toBe(before - 1);
});

test('an original without a photo is listed when it is old enough, once, and stays where it is', async () => {
  const nobodys = '01a1fcb5-890a-70a7-b8ec-56a96a40e774';
  await put(nobodys);
  expect(await reconcile(48)).toEqual({ missing: 0, quarantined: 0 });
  expect(await reconcile()).toEqual({ missing: 0, quarantined: 1 });
  expect(await reconcile()).toEqual({ missing: 0, quarantined: 0 });
  const listed = await event.database.query('select key, reason from quarantine');
  const key = originalKey(event.eventId, nobodys, 1);
  expect(listed).toEqual([{ key, reason: 'object_without_row' }]);
  expect(await objects.head(key)).toBeDefined();
});

test('where most originals of an event are gone the alarm is about the bucket, and no photo fails', async () => {
  await using other = await openTestEvent();
  const photoIds = await Promise.all(Array.from({ length: 21 }, () => other.addPhoto()));
  await other.database.query(`update photos set stored_at = now() - interval '1 hour'`);
  const deps = { database: other.database, journal: other.journal, objects, log: silentLog() };
  expect(await reconcileEvent(deps, other.eventId, 48)).toEqual({ missing: 21, quarantined: 0 });
  const states = await other.database.query(`select from photos where photo_id = any($1) and state = 'stored'`, [
    photoIds,
  ]);
  expect(states.length).toBe(21);
});

test('compares each event when its turn has come, and lists what the bucket has of an event that nobody knows', async () => {
  await using other = await openTestEvent();
  const deps = { database: other.database, journal: other.journal, objects, log: silentLog() };
  const round = async () => {
    const done: Reconciled[] = [];
    const ctx = contextOf(AbortSignal.timeout(patienceMs));
    await reconcileDue(ctx, deps, { everySeconds: 3_600, orphanHours: 0 }, (one) => done.push(one));
    return done;
  };
  // The bucket holds what the tests above put, of an event that this database has never known.
  const [first, second] = [await round(), await round()];
  expect([first.length, first.at(-1)?.quarantined ?? 0]).toEqual([3, expect.toSatisfy((count) => count > 0)]);
  expect(second).toEqual([{ missing: 0, quarantined: 0 }]);
  await other.database.query(`update comparisons set compared_at = now() - interval '2 hours'`);
  await other.database.query('alter table journal disable trigger journal_append_only');
  await other.database.query(`update journal set recorded_at = now() - interval '4 days' where event_id = $1`, [
    other.foreignEventId,
  ]);
  expect((await round()).length).toBe(2);
  await other.database.query(`update comparisons set compared_at = now() - interval '25 hours'`);
  expect((await round()).length).toBe(3);
});

test.each([
  { name: 'was rendered', state: 'done' },
  { name: 'waits to be rendered', state: 'queued' },
])(
  'a photo without its original that $name fails once with its stage, and a new try begins that anew',
  async ({ state }) => {
    const photoId = await event.addPhoto();
    await age(photoId);
    await event.database.query('update stages set state = $2 where photo_id = $1', [photoId, state]);
    expect(await reconcile()).toMatchObject({ missing: 1 });
    const due = {
      v: 1,
      event_id: event.eventId,
      photo_id: photoId,
      stage: 'thumbnail',
      lane: 'live',
      generation: 1,
    } as const;
    expect(await event.database.transaction((tx) => markDone(tx, due))).toBe(false);
    await put(photoId);
    await retryPhoto(event.journal, event.eventId, photoId);
    const stages = await event.database.query('select state, generation from stages where photo_id = $1', [photoId]);
    expect(stages).toEqual([{ state: 'due', generation: 2 }]);
    expect(await reconcile()).toMatchObject({ missing: 0 });
  },
);

test('an event that cannot be compared keeps no other from its turn', async () => {
  await using other = await openTestEvent();
  const { database, journal, eventId, foreignEventId } = other;
  const list: Objects['list'] = (prefix) => {
    if (prefix.includes(eventId)) throw new TypeError('planned');
    return objects.list(prefix);
  };
  const ctx = contextOf(AbortSignal.timeout(patienceMs));
  const deps = { database, journal, objects: { ...objects, list }, log: silentLog() };
  await reconcileDue(ctx, deps, { everySeconds: 3_600, orphanHours: 48 }, () => {});
  const compared = await database.query<{ eventId: string }>('select event_id as "eventId" from comparisons');
  expect(compared).toEqual([{ eventId: foreignEventId }]);
});
