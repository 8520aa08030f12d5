import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { originalKey } from '#internal/objects/key.ts';
import { begin, create, head, offsetOf, patch } from './protocoltest.ts';
import { photoOf, sha256, startUpload, type TestUpload } from './uploadtest.ts';

let upload: TestUpload;
let other: Awaited<ReturnType<TestUpload['replica']>>;
let photo: Buffer;
beforeAll(async () => {
  upload = await startUpload();
  other = await upload.replica();
  photo = await photoOf(3_000_000);
});
afterAll(async () => {
  await other[Symbol.asyncDispose]();
  await upload[Symbol.asyncDispose]();
});

const idOf = (url: string) => url.split('/').at(-1) ?? '';
const there = (url: string) => url.replace(upload.files, other.files);
const heldBy = async (url: string) => {
  const sql = 'select holder from uploads where photo_id = $1';
  const [row] = await upload.database.query<{ holder: string | null }>(sql, [idOf(url)]);
  return row?.holder;
};
const runOut = (url: string) =>
  upload.database.query(`update uploads set lease_until = now() - interval '1 second' where photo_id = $1`, [
    idOf(url),
  ]);
async function storedHash(url: string): Promise<string> {
  const object = await upload.objects.get(originalKey(upload.eventId, idOf(url), 1));
  return sha256(Buffer.concat((await object?.body.toArray()) ?? []));
}

test('two replicas take turns with one upload', async () => {
  const url = await create(upload, photo.length);
  for (const [n, at] of [url, there(url), url, there(url)].entries()) {
    const [from, to] = [n * 750_000, (n + 1) * 750_000];
    expect(await patch(upload, at, from, { body: photo.subarray(from, to) })).toMatchObject({ status: 204 });
  }
  expect(await offsetOf(upload, there(url))).toBe(photo.length);
  expect(await storedHash(url)).toBe(sha256(photo));
});

test.each([
  { name: 'another replica', at: there },
  { name: 'the same replica', at: (url: string) => url },
])('a HEAD on $name ends a silent writer, keeps what it brought', async ({ at }) => {
  const url = await create(upload, photo.length);
  const writing = begin(upload, url, { offset: 0, length: photo.length, first: photo.subarray(0, 2_000_000) });
  await expect.poll(() => heldBy(url)).toBe(upload.deps.leases.holder);
  expect(await offsetOf(upload, at(url))).toBe(2_000_000);
  expect(await writing.status()).toBe(204);
  await writing.cut();
  expect(await patch(upload, at(url), 2_000_000, { body: photo.subarray(2_000_000) })).toMatchObject({ status: 204 });
  expect(await storedHash(url)).toBe(sha256(photo));
});

test('the lease of a holder that died passes on after its 10 s, and not before', async () => {
  const url = await create(upload, photo.length);
  const died = randomUUID();
  await upload.deps.uploads.acquire(upload.eventId, idOf(url), died);
  const sql = 'select extract(epoch from lease_until - now())::float as seconds from uploads where photo_id = $1';
  const [row] = await upload.database.query<{ seconds: number }>(sql, [idOf(url)]);
  expect(row?.seconds).toBeGreaterThan(9);
  expect(row?.seconds).toBeLessThanOrEqual(10);
  const asked = head(upload, there(url));
  await expect
    .poll(() => upload.database.query('select 1 from uploads where photo_id = $1 and wanted', [idOf(url)]))
    .toHaveLength(1);
  expect(await heldBy(url)).toBe(died);
  await runOut(url);
  expect(await asked).toMatchObject({ status: 200 });
});

test('an upload that stays with another for over 15 s is locked: 423 with Retry-After', async () => {
  const url = await create(upload, photo.length);
  const sql = `update uploads set holder = $2, lease_until = now() + interval '1 hour' where photo_id = $1`;
  await upload.database.query(sql, [idOf(url), randomUUID()]);
  const [asked, written] = await Promise.all([head(upload, url), patch(upload, there(url), 0, { body: photo })]);
  expect(asked).toMatchObject({ status: 423, headers: { 'retry-after': '1' } });
  expect(written).toMatchObject({ status: 423, code: 'upload_locked', headers: { 'retry-after': '1' } });
});

const writers = [
  { what: 'the same bytes, of which the new writer makes the photo', changed: false, want: 204 },
  { what: 'other bytes, for which the upload is given up rather than doubted', changed: true, want: 410 },
];
test.each(writers)(
  'two never both advance: a writer whose lease has passed on brings $what',
  async ({ changed, want }) => {
    const url = await create(upload, photo.length);
    const late = changed ? Buffer.from(photo).fill(7, 1_000_000) : photo;
    const stale = begin(upload, url, { offset: 0, length: photo.length, first: late.subarray(0, 1_000_000) });
    await expect.poll(() => heldBy(url)).toBe(upload.deps.leases.holder);
    await runOut(url);
    const fresh = begin(upload, there(url), { offset: 0, length: photo.length, first: photo.subarray(0, 500_000) });
    await expect.poll(() => heldBy(url)).toBe(other.deps.leases.holder);
    stale.send(late.subarray(1_000_000));
    expect(await stale.status()).toBe(423);
    expect(await heldBy(url)).toBe(other.deps.leases.holder);
    fresh.send(photo.subarray(500_000));
    expect(await fresh.status()).toBe(want);
    const stored = await upload.database.query(`select 1 from photos where photo_id = $1 and state = 'stored'`, [
      idOf(url),
    ]);
    expect(stored).toHaveLength(want === 204 ? 1 : 0);
    if (want === 204) expect(await storedHash(url)).toBe(sha256(photo));
    await Promise.all([stale.cut(), fresh.cut()]);
  },
);

test('of many writers at once from both replicas, one offset is written once', async () => {
  const url = await create(upload, photo.length);
  const at = [url, there(url), url, there(url), url, there(url)];
  const answers = await Promise.all(at.map((to) => patch(upload, to, 0, { body: photo.subarray(0, 1_000_000) })));
  expect(answers.map(({ status }) => status).sort()).toEqual([204, 409, 409, 409, 409, 409]);
  expect(await offsetOf(upload, url)).toBe(1_000_000);
});
