import { Completed, PresignedPlan } from '@kilat/contract';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { photoOf, sha256, startUpload, type TestUpload } from './uploadtest.ts';

const mebibyte = 1024 * 1024;
let upload: TestUpload;
beforeAll(async () => {
  upload = await startUpload();
});
afterAll(() => upload[Symbol.asyncDispose]());

async function post(path: string, body: object, cookie = upload.cookie) {
  const url = new URL(path, upload.files);
  const headers = { cookie, 'content-type': 'application/json' };
  const answer = await fetch(url, { method: 'POST', headers, body: JSON.stringify(body) });
  return { status: answer.status, body: await answer.json() };
}

async function announce(photo: Buffer, metadata: Record<string, string> = {}, size = photo.length) {
  const wanted = { event_id: upload.eventId, filename: 'DSC_0001.JPG', size, sha256: sha256(photo), ...metadata };
  const { status, body } = await post('/files/presigned', wanted);
  expect(status, JSON.stringify(body)).toBe(201);
  return PresignedPlan.parse(body);
}

async function send(photo: Buffer, { parts }: PresignedPlan): Promise<number[]> {
  const put = ({ url, headers, start, end }: PresignedPlan['parts'][number]) =>
    fetch(url, { method: 'PUT', headers, body: new Uint8Array(photo.subarray(start, end)) });
  return Promise.all(parts.map(async (part) => (await put(part)).status));
}

async function stateOf(photoId: string): Promise<string | undefined> {
  const [row] = await upload.database.query<{ state: string }>(`select state from photos where photo_id = $1`, [
    photoId,
  ]);
  return row?.state;
}

async function bytesOf({ photo_id }: PresignedPlan): Promise<string> {
  const object = await upload.objects.get(`e/${upload.eventId}/${photo_id}/original-1`);
  return sha256(Buffer.concat((await object?.body.toArray()) ?? []));
}

test.each([
  { name: 'one PUT', size: 300_000, parts: 1 },
  { name: 'three parts', size: 20 * mebibyte, parts: 3 },
])('a photo goes straight to the bucket in $name', async ({ size, parts }) => {
  const photo = await photoOf(size);
  const plan = await announce(photo);
  expect(plan.part_count).toBe(parts);
  expect(await stateOf(plan.photo_id)).toBe('announced');
  expect(await send(photo, plan)).toEqual(Array.from({ length: parts }, () => 200));
  const done = await post(`${plan.url}/complete`, {});
  expect(Completed.parse(done.body)).toEqual({ photo_id: plan.photo_id });
  expect([await stateOf(plan.photo_id), await bytesOf(plan)]).toEqual(['stored', sha256(photo)]);
  expect((await post(`${plan.url}/complete`, {})).status).toBe(200);
});

test('a complete that comes too early says so and takes nothing back', async () => {
  const photo = await photoOf(20 * mebibyte);
  const plan = await announce(photo);
  await send(photo, { ...plan, parts: plan.parts.slice(0, 2) });
  expect(await post(`${plan.url}/complete`, {})).toMatchObject({ status: 409, body: { code: 'incomplete' } });
  const again = PresignedPlan.parse((await post(`${plan.url}/urls`, {})).body);
  expect([again.stored, again.parts.map(({ part }) => part)]).toEqual([[1, 2], [3]]);
  await send(photo, again);
  expect((await post(`${plan.url}/complete`, {})).status).toBe(200);
  expect(await bytesOf(plan)).toBe(sha256(photo));
});

test.each([
  { name: 'one PUT', size: 300_000 },
  { name: 'parts', size: 20 * mebibyte },
])(
  'a browser that died after its last byte, sent as $name, has lost nothing: the sweeper finishes',
  async ({ size }) => {
    const photo = await photoOf(size);
    const plan = await announce(photo);
    await send(photo, plan);
    await expect.poll(async () => [await upload.sweep(), await stateOf(plan.photo_id)][1]).toBe('stored');
    expect(await bytesOf(plan)).toBe(sha256(photo));
  },
);

test('bytes other than announced are refused and kept nowhere', async () => {
  const [photo, other] = [await photoOf(20 * mebibyte), await photoOf(20 * mebibyte)];
  const plan = await announce(photo);
  await send(other, plan);
  expect(await post(`${plan.url}/complete`, {})).toMatchObject({ status: 422, body: { code: 'checksum_mismatch' } });
  expect(await stateOf(plan.photo_id)).toBe('failed');
  expect(await upload.objects.head(`e/${upload.eventId}/${plan.photo_id}/original-1`)).toBeUndefined();
});

test('the bucket itself refuses one PUT of other bytes, of another size, and over what is there', async () => {
  const [photo, other] = [await photoOf(300_000), await photoOf(300_000)];
  const plan = await announce(photo);
  expect(await send(other, plan)).toEqual([400]);
  expect((await send(other.subarray(0, 200_000), plan))[0]).toBeGreaterThanOrEqual(400);
  expect(await send(photo, plan)).toEqual([200]);
  expect(await send(photo, plan)).toEqual([412]);
  expect((await post(`${plan.url}/complete`, {})).status).toBe(200);
});

test('a file that is no photo is refused at its completion', async () => {
  const text = Buffer.alloc(300_000, 'not a photo ');
  const plan = await announce(text);
  await send(text, plan);
  expect(await post(`${plan.url}/complete`, {})).toMatchObject({ status: 415, body: { code: 'not_a_photo' } });
  expect(await upload.objects.head(`e/${upload.eventId}/${plan.photo_id}/original-1`)).toBeUndefined();
});

test('parts that the provider gave up make the client start over, and are never a success', async () => {
  const photo = await photoOf(20 * mebibyte);
  const plan = await announce(photo);
  await send(photo, plan);
  await upload.harmMultipart(plan.photo_id, 'all');
  expect(await post(`${plan.url}/complete`, {})).toMatchObject({ status: 410, body: { code: 'upload_gone' } });
  expect(await stateOf(plan.photo_id)).toBe('failed');
});

test.each(['urls', 'complete'])('nobody but its uploader gets at an upload by %s', async (verb) => {
  const plan = await announce(await photoOf(300_000));
  const others = [upload.guestCookie, ''];
  const answers = await Promise.all(others.map((cookie) => post(`${plan.url}/${verb}`, {}, cookie)));
  expect(answers.map(({ status }) => status)).toEqual([404, 401]);
});
