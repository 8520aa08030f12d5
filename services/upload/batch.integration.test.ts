import { request } from 'node:http';
import { BatchResults } from '@kilat/contract';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { photoOf, sha256, startUpload, type TestUpload } from './uploadtest.ts';

let upload: TestUpload;
beforeAll(async () => {
  upload = await startUpload();
});
afterAll(() => upload[Symbol.asyncDispose]());

async function post(files: [name: string, bytes: Uint8Array][], cookie = upload.cookie) {
  const form = new FormData();
  for (const [name, bytes] of files)
    form.append('photos', new Blob([new Uint8Array(bytes)], { type: 'image/jpeg' }), name);
  const answer = await fetch(`${upload.files}/batch/${upload.eventId}`, {
    method: 'POST',
    headers: { cookie },
    body: form,
  });
  return { status: answer.status, body: await answer.json() };
}

async function stored(from = upload): Promise<number> {
  const [row] = await from.database.query<{ count: number }>(
    `select count(*)::int as count from photos where state = 'stored'`,
  );
  return row?.count ?? 0;
}

test('stores each file of a form, byte for byte', async () => {
  const photos = [await photoOf(300_000), await photoOf(3_000_000), await photoOf(40_000_000)];
  const { status, body } = await post(photos.map((photo, at) => [`DSC_${at}.JPG`, photo]));
  expect(status, JSON.stringify(body)).toBe(201);
  const { files } = BatchResults.parse(body);
  for (const [at, { name, photo_id }] of files.entries()) {
    const object = await upload.objects.get(`e/${upload.eventId}/${photo_id}/original-1`);
    expect([name, sha256(Buffer.concat((await object?.body.toArray()) ?? []))]).toEqual([
      ...[`DSC_${at}.JPG`, sha256(photos[at] ?? Buffer.alloc(0))],
    ]);
  }
});

test('tells of each file what became of it when some are refused', async () => {
  const before = await stored();
  const { status, body } = await post([
    ['good.jpg', await photoOf(300_000)],
    ['text.jpg', Buffer.alloc(300_000, 'not a photo ')],
    ['empty.jpg', Buffer.alloc(0)],
    ['also good.jpg', await photoOf(300_000)],
  ]);
  expect(status).toBe(207);
  expect(BatchResults.parse(body).files.map(({ status, code }) => [status, code])).toEqual([
    ...[
      [201, null],
      [415, 'not_a_photo'],
      [400, 'empty_file'],
      [201, null],
    ],
  ]);
  expect(await stored()).toBe(before + 2);
});

test('says so when a form brings more files than it may, and keeps the first ones', async () => {
  const photo = await photoOf(20_000);
  const { status, body } = await post(Array.from({ length: 21 }, (_, at) => [`${at}.jpg`, photo]));
  const { files } = BatchResults.parse(body);
  expect([status, files.length, files.filter((file) => file.status === 201).length]).toEqual([207, 21, 20]);
});

test('takes no form from who may not upload, and none without a file', async () => {
  const photo = await photoOf(20_000);
  expect((await post([['a.jpg', photo]], upload.guestCookie)).status).toBe(403);
  expect((await post([['a.jpg', photo]], '')).status).toBe(401);
  expect((await post([])).status).toBe(400);
});

test('ends a form that takes too long, and keeps what it had stored', async () => {
  await using short = await startUpload({ batchSeconds: 4 });
  const photo = await photoOf(300_000);
  const head = (name: string) =>
    `--b\r\nContent-Disposition: form-data; name="photos"; filename="${name}"\r\nContent-Type: image/jpeg\r\n\r\n`;
  const url = new URL(`${short.files}/batch/${short.eventId}`);
  const answer = await new Promise<{ status: number | undefined; body: string }>((resolve, reject) => {
    const headers = { cookie: short.cookie, 'content-type': 'multipart/form-data; boundary=b' };
    const req = request(url, { method: 'POST', headers }, (res) => {
      const chunks: Buffer[] = [];
      res.on('data', (chunk: Buffer) => chunks.push(chunk));
      res.on('end', () => resolve({ status: res.statusCode, body: Buffer.concat(chunks).toString() }));
    });
    req.on('error', reject);
    req.write(Buffer.concat([Buffer.from(head('whole.jpg')), photo, Buffer.from('\r\n')]));
    req.write(Buffer.concat([Buffer.from(head('slow.jpg')), photo.subarray(0, 1_000)]));
  });
  expect(answer.status).toBe(207);
  expect(BatchResults.parse(JSON.parse(answer.body)).files.map(({ name, code }) => [name, code])).toEqual([
    ...[
      ['whole.jpg', null],
      ['slow.jpg', 'timed_out'],
    ],
  ]);
  expect(await stored(short)).toBe(1);
});
