import { createHash } from 'node:crypto';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { freshBucket, testServers } from '../../../deploy/local/testing.ts';
import { openTestEvent, type TestEvent } from '../events/eventtest.ts';
import { originalKey } from '../objects/key.ts';
import { type Objects, openObjects } from '../objects/objects.ts';
import { walkChain } from './chain.ts';
import { compareBucket } from './compare.ts';
import type { Finding } from './finding.ts';
import { beginEpoch } from './restore.ts';
import { findLostEvents } from './strays.ts';
import { endVerifications } from './verification.ts';
import { type VerifyProgress, verifyEvent } from './verify.ts';

let event: TestEvent;
let objects: Objects;
beforeEach(async () => {
  event = await openTestEvent();
  const servers = testServers();
  objects = openObjects({
    ...{ endpoint: servers.S3_ENDPOINT, region: servers.S3_REGION, bucket: freshBucket(), forcePathStyle: true },
    ...{ accessKeyId: servers.S3_ACCESS_KEY_ID, secretAccessKey: servers.S3_SECRET_ACCESS_KEY },
  });
});
afterEach(async () => {
  await objects[Symbol.asyncDispose]();
  await event[Symbol.asyncDispose]();
});

const bytesOf = (text: string) => Buffer.from(text.padEnd(1_000, '.'));
const put = (photoId: string, body: Buffer) =>
  objects.put({ key: originalKey(event.eventId, photoId, 1), body, size: body.length, contentType: 'image/jpeg' });

/** Stores photos whose objects are as their rows say. */
async function storePhotos(count: number): Promise<string[]> {
  const ids: string[] = [];
  for (let n = 0; n < count; n++) {
    const photoId = await event.addPhoto();
    const bytes = bytesOf(`photo ${n}`);
    await put(photoId, bytes);
    const sha256 = createHash('sha256').update(bytes).digest('hex');
    await event.database.query('update photos set sha256 = $2 where photo_id = $1', [photoId, sha256]);
    ids.push(photoId);
  }
  return ids;
}

async function verify(
  signal = new AbortController().signal,
  onProgress: (photos: number) => void = () => {},
  bucket = objects,
) {
  const deps = { database: event.database, objects: bucket, signal };
  const told = { onProgress: ({ photos }: VerifyProgress) => onProgress(photos), onResumed: () => {} };
  const findings = await verifyEvent({ ...deps, ...told }, event.eventId);
  if (findings !== undefined) await endVerifications(event.database, [event.eventId]);
  return findings;
}

const brief = (findings: Finding[] | undefined) => findings?.map(({ photo_id, problem }) => [photo_id, problem]);

test('finds nothing where all is well', async () => {
  await storePhotos(12);
  expect(await verify()).toEqual([]);
});

test('names exactly what is missing, changed, cut short or nobody’s', async () => {
  const [missing = '', changed = '', short = '', forgotten = '', ...rest] = await storePhotos(6);
  await objects.remove([originalKey(event.eventId, missing, 1)]);
  await put(changed, bytesOf('other bytes'));
  await put(short, Buffer.from('too short'));
  await event.database.query('delete from photos where photo_id = $1', [forgotten]);
  const findings = await verify();
  expect(new Set(brief(findings))).toEqual(
    new Set([
      [missing, 'object_missing'],
      [changed, 'sha256_differs'],
      [short, 'size_differs'],
      [forgotten, 'row_missing'],
      [forgotten, 'object_without_row'],
    ]),
  );
  expect(findings?.some(({ photo_id }) => photo_id !== null && rest.includes(photo_id))).toBe(false);
});

test('finds nothing in an event to which photos come while it is verified', async () => {
  await storePhotos(3);
  let more = 3;
  const get: Objects['get'] = async (key, options) => {
    if (more-- > 0) await storePhotos(1);
    return objects.get(key, options);
  };
  const photos: number[] = [];
  expect(await verify(undefined, (count) => photos.push(count), { ...objects, get })).toEqual([]);
  expect(photos.at(-1)).toBe(6);
});

test('says only where the journal breaks, not that what was stored after it is unproved', async () => {
  await storePhotos(3);
  await event.database.query('alter table journal disable trigger journal_append_only');
  await event.database.query(`update journal set data = '{"size": 1}' where event_id = $1 and seq = 1`, [
    event.eventId,
  ]);
  expect(await verify()).toEqual([
    { photo_id: null, problem: 'journal_broken', detail: 'entry 1 is not what was written' },
  ]);
});

test('tries a read again that broke off', async () => {
  await storePhotos(1);
  let broken = false;
  const get: Objects['get'] = async (key, options) => {
    const object = await objects.get(key, options);
    if (!broken) object?.body.destroy(new Error('planned'));
    broken = true;
    return object;
  };
  expect(await verify(undefined, undefined, { ...objects, get })).toEqual([]);
  expect(broken).toBe(true);
});

test('names a photo that the journal stored and whose row denies it, and one whose upload ended beside its bytes', async () => {
  const [denied = ''] = await storePhotos(2);
  await event.database.query(`update photos set stored_seq = null, state = 'failed' where photo_id = $1`, [denied]);
  expect(brief(await verify())).toEqual([
    [denied, 'row_differs'],
    [denied, 'not_stored'],
  ]);
});

test('names the photos of an event that the database does not know at all', async () => {
  const [eventId, photoId] = ['01a1fcb5-890a-70a7-b8ec-56a96a40e774', '01a1fcb5-890a-70a7-b8ec-56a96a40e775'];
  await storePhotos(1);
  const body = bytesOf('lost');
  await objects.put({ key: originalKey(eventId, photoId, 1), body, size: body.length, contentType: 'image/jpeg' });
  const tools = { database: event.database, objects };
  expect(await findLostEvents(event.database, objects)).toEqual([eventId]);
  expect(brief(await compareBucket(tools, eventId))).toEqual([[photoId, 'object_without_row']]);
});

test.each([
  { name: 'an entry is changed', sql: `update journal set data = '{"size": 1}' where event_id = $1 and seq = 4` },
  { name: 'an entry is taken out', sql: 'delete from journal where event_id = $1 and seq = 4' },
  {
    name: 'the last entry is cut off',
    sql: 'delete from journal where event_id = $1 and seq = (select head_seq from heads where event_id = $1)',
  },
  { name: 'the head is changed', sql: `update heads set head_hash = sha256('x') where event_id = $1` },
])('sees that the journal was tampered with when $name', async ({ sql }) => {
  await storePhotos(3);
  expect((await walkChain(event.database, event.eventId)).brokenAt).toBeUndefined();
  await event.database.query('alter table journal disable trigger journal_append_only');
  await event.database.query(sql, [event.eventId]);
  expect((await walkChain(event.database, event.eventId)).brokenAt).toBeDefined();
  expect(brief(await verify())).toContainEqual([null, 'journal_broken']);
});

test('goes on where it was stopped, and forgets nothing that it had found', async () => {
  const photos = await storePhotos(40);
  await put(photos.toSorted()[0] ?? '', bytesOf('other bytes'));
  const stop = new AbortController();
  const first: number[] = [];
  expect(await verify(stop.signal, (count) => first.push(count) && stop.abort())).toBeUndefined();
  const second: number[] = [];
  expect(brief(await verify(undefined, (count) => second.push(count)))).toEqual([
    [photos.toSorted()[0], 'sha256_differs'],
  ]);
  expect([first, second[0], second.at(-1)]).toEqual([[4], 8, 40]);
});

test('a new epoch makes open work due anew under generations of its own', async () => {
  const [photoId = ''] = await storePhotos(1);
  await event.database.query(`update stages set state = 'queued', work_seq = 7 where photo_id = $1`, [photoId]);
  const [before] = await event.database.query<{ epoch: string }>('select epoch from installation');
  const restored = await beginEpoch(event.database);
  expect([restored.stages, restored.epoch === before?.epoch]).toEqual([1, false]);
  const [stage] = await event.database.query('select state, generation from stages where photo_id = $1', [photoId]);
  expect(stage).toEqual({ state: 'due', generation: 1_001 });
});
