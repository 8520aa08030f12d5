import { createHash } from 'node:crypto';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { freshBucket, testServers } from '../deploy/local/testing.ts';
import { openTestEvent, type TestEvent } from './internal/events/eventtest.ts';
import { originalKey } from './internal/objects/key.ts';
import { type Objects, openObjects } from './internal/objects/objects.ts';
import { verify } from './verify.ts';

let event: TestEvent;
let objects: Objects;
let env: Record<string, string>;
beforeEach(async () => {
  event = await openTestEvent();
  const servers = testServers();
  env = { ...servers, DATABASE_URL: event.url, S3_BUCKET: freshBucket() };
  objects = openObjects({
    ...{ endpoint: servers.S3_ENDPOINT, region: servers.S3_REGION, bucket: env.S3_BUCKET ?? '', forcePathStyle: true },
    ...{ accessKeyId: servers.S3_ACCESS_KEY_ID, secretAccessKey: servers.S3_SECRET_ACCESS_KEY },
  });
});
afterEach(async () => {
  await objects[Symbol.asyncDispose]();
  await event[Symbol.asyncDispose]();
});

const keyOf = (photoId: string) => originalKey(event.eventId, photoId, 1);

/** Stores a photo whose object is as its row says, or is another one. */
async function storePhoto(damaged = false): Promise<string> {
  const photoId = await event.addPhoto();
  const body = Buffer.alloc(1_000, photoId);
  const sha256 = createHash('sha256').update(body).digest('hex');
  await event.database.query('update photos set sha256 = $2 where photo_id = $1', [photoId, sha256]);
  await objects.put({ key: keyOf(photoId), body: damaged ? body.fill(0, 500) : body, size: 1_000, contentType: 'a/b' });
  return photoId;
}

/** Runs the command to its end; `onLine` is told each line as it comes. */
async function run(options: { event?: string; signal?: AbortSignal; env?: Record<string, string> } = {}) {
  const [printed, told] = [[] as { event_id: string; photo_id: string; problem: string }[], [] as string[]];
  const code = await verify(options.env ?? env, {
    ...{ event: options.event, json: true, signal: options.signal ?? new AbortController().signal },
    ...{ print: (line) => printed.push(JSON.parse(line)), tell: (line) => told.push(line) },
  });
  return { code, printed, told: told.join('\n') };
}

test('ends with 0 where all is well, and with 1 where something is not, which it names', async () => {
  await storePhoto();
  expect(await run()).toMatchObject({ code: 0, printed: [] });
  const damaged = await storePhoto(true);
  expect(await run({ event: event.eventId })).toMatchObject({
    code: 1,
    printed: [{ event_id: event.eventId, photo_id: damaged, problem: 'sha256_differs' }],
  });
});

test.each([
  { name: 'the database is away', wrong: { DATABASE_URL: 'postgres://kilat:kilat@127.0.0.1:1/kilat' } },
  { name: 'the bucket is away', wrong: { S3_ENDPOINT: 'http://127.0.0.1:1' } },
  { name: 'the schema is not there', wrong: { DATABASE_URL: '' } },
])('ends with 2, which is no finding, when $name', async ({ wrong }) => {
  await storePhoto();
  const wronged = wrong.DATABASE_URL === '' ? { DATABASE_URL: testServers().DATABASE_URL } : wrong;
  const { code, printed, told } = await run({ env: Object.assign({}, env, wronged) });
  expect({ code, printed }).toEqual({ code: 2, printed: [] });
  expect(told).toMatch(/^stopped: .+/m);
});

test('ends with 2 for an event that nobody knows', async () => {
  expect(await run({ event: '01a1fcb5-890a-70a7-b8ec-56a96a40e774' })).toMatchObject({ code: 2, printed: [] });
});

test('goes on after the events that it had read to their end, still knows their findings, and then begins anew', async () => {
  const [first, second] = [event.eventId, event.foreignEventId].toSorted();
  const damaged = await storePhoto(true);
  const [before, after] = first === event.eventId ? [first, second] : [second, first];
  // The other event is made to come second, and to be away.
  await event.database.query('update heads set event_id = $2 where event_id = $1', [
    after,
    'ffffffff-ffff-7fff-bfff-ffffffffffff',
  ]);
  const stop = new AbortController();
  const stopped = await verify(env, {
    ...{ event: undefined, json: true, signal: stop.signal, print: () => {} },
    tell: (line) => line.startsWith(`event ${before}:`) && stop.abort(),
  });
  expect(stopped).toBe(2);
  // What is read again now would be found to be gone.
  await objects.remove([keyOf(damaged)]);
  const resumed = await run();
  expect(resumed.printed.map(({ photo_id, problem }) => [photo_id, problem])).toContainEqual([
    damaged,
    'sha256_differs',
  ]);
  expect(resumed.printed.map(({ problem }) => problem)).not.toContain('object_missing');
  expect([resumed.code, resumed.told]).toEqual([1, expect.stringMatching(`event ${before}: goes on after 1 photos`)]);
  const anew = await run();
  expect(anew.printed.map(({ problem }) => problem)).toContain('object_missing');
});

test('trusts no reading that is more than a week old', async () => {
  const photoId = await storePhoto();
  await event.database.query(
    `insert into verifications (event_id, verified_seq, photos, started_at) values ($1, 1000, 1, now() - interval '8 days')`,
    [event.eventId],
  );
  await objects.remove([keyOf(photoId)]);
  expect((await run({ event: event.eventId })).printed).toMatchObject([{ problem: 'object_missing' }]);
});
