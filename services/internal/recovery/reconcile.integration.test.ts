import { afterAll, beforeAll, expect, test } from 'vitest';
import { freshBucket, testServers } from '../../../deploy/local/testing.ts';
import { openTestEvent, type TestEvent } from '../events/eventtest.ts';
import { readEvent } from '../events/store.ts';
import { silentLog } from '../log/log.ts';
import { originalKey } from '../objects/key.ts';
import { type Objects, openObjects } from '../objects/objects.ts';
import { reconcileEvent } from './reconcile.ts';

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
