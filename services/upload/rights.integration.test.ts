import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ask, create, metadataOf, offsetOf } from './protocoltest.ts';
import { startUpload, type TestUpload } from './uploadtest.ts';

let upload: TestUpload;
const cookies: Record<string, string> = {};
beforeAll(async () => {
  upload = await startUpload();
  Object.assign(cookies, {
    'a stranger': '',
    'who has a cookie of no session': `kilat=${'A'.repeat(43)}`,
    'a guest': upload.guestCookie,
    'an account of no part': await upload.join(),
    'a client': await upload.join('client'),
    'a moderator': await upload.join('moderator'),
    'a photographer': await upload.join('photographer'),
    'an editor': await upload.join('editor'),
  });
});
afterAll(() => upload[Symbol.asyncDispose]());

// Of an upload that another account began; the ways in are OPTIONS for all, and POST for who may upload.
const wanted: { who: string; post: number; others: number }[] = [
  { who: 'a stranger', post: 401, others: 401 },
  { who: 'who has a cookie of no session', post: 401, others: 401 },
  { who: 'a guest', post: 403, others: 404 },
  { who: 'an account of no part', post: 404, others: 404 },
  { who: 'a client', post: 403, others: 403 },
  { who: 'a moderator', post: 403, others: 404 },
  { who: 'a photographer', post: 201, others: 404 },
  { who: 'an editor', post: 201, others: 404 },
];
const body = Buffer.from('x');
const writing = { 'content-type': 'application/offset+octet-stream', 'upload-offset': '0' };

describe.each(wanted)('$who', ({ who, post, others }) => {
  test(`creates an upload: ${post}`, async () => {
    const headers = { 'upload-length': '9', 'upload-metadata': metadataOf(upload) };
    expect((await ask(upload, 'POST', upload.files, { headers, cookie: cookies[who] ?? '' })).status).toBe(post);
  });

  const verbs = ['HEAD', 'PATCH', 'DELETE'];
  const sendings = verbs.flatMap((verb) => [
    { verb, method: verb, override: {} },
    { verb, method: 'POST', override: { 'x-http-method-override': verb } },
  ]);
  test.each(sendings)(
    `gets ${others} for $verb of another account's upload, by $method`,
    async ({ verb, method, override }) => {
      const url = await create(upload, 9);
      const sending = verb === 'PATCH' ? { body, headers: { ...writing, ...override } } : { headers: override };
      const { status, headers } = await ask(upload, method, url, { ...sending, cookie: cookies[who] ?? '' });
      expect({ status, offset: headers['upload-offset'] }).toEqual({ status: others });
      expect(await offsetOf(upload, url)).toBe(0);
    },
  );
});

test('a share link that lets guests upload gives each guest its own uploads only', async () => {
  await upload.database.query('update links set may_upload = true where event_id = $1', [upload.eventId]);
  await upload.events.change(upload.eventId, { state: 'live' });
  const url = await create(upload, 9, { cookie: upload.guestCookie });
  const as = (cookie: string) => ask(upload, 'HEAD', url, { cookie }).then(({ status }) => status);
  expect(await as(upload.guestCookie)).toBe(200);
  expect(await as(upload.cookie)).toBe(404);
  expect(await as(cookies['a photographer'] ?? '')).toBe(404);
});
