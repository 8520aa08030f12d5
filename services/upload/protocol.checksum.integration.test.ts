import { readdir } from 'node:fs/promises';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { originalKey } from '#internal/objects/key.ts';
import { begin, checksum, create, offsetOf, patch, post } from './protocoltest.ts';
import { photoOf, sha256, startUpload, type TestUpload } from './uploadtest.ts';

/*
 * What the extension checksum asks of a server, in short, and where it is held here:
 *   MUST    be named in Tus-Extension, checksum-trailer too; Tus-Checksum-Algorithm in OPTIONS   protocol.versions, OPTIONS
 *   MUST    the chunk is verified once the whole request has come                                both ways
 *   MAY     204 for a match, 400 for an unknown algorithm, 460 for a mismatch                    both ways
 *   MUST    in the last two the chunk is discarded and the offset stays                          both ways
 *   MUST    sha1 at least; names are lower-case ASCII                                            header
 *   MUST    the header is a name and Base64, by a space                                          header
 *   MUST    trailers are announced by Trailer, in chunked transfers                              trailer
 */
let upload: TestUpload;
let photo: Buffer;
beforeAll(async () => {
  upload = await startUpload();
  photo = await photoOf(3_000_000);
});
afterAll(() => upload[Symbol.asyncDispose]());
afterEach(async () => expect(await readdir(upload.deps.spoolDir)).toEqual([]));

const ways = [
  { way: 'header', sum: (value: string) => ({ headers: { 'upload-checksum': value } }) },
  {
    way: 'trailer',
    sum: (value: string) => ({ headers: { trailer: 'Upload-Checksum' }, trailers: { 'Upload-Checksum': value } }),
  },
];
const algorithms = ['sha1', 'sha256'];
const each = ways.flatMap((way) => algorithms.map((algorithm) => ({ ...way, algorithm })));

describe('both ways', () => {
  test.each(each)('the Server answers 204 when the $algorithm of a $way matches', async ({ sum, algorithm }) => {
    const url = await create(upload, photo.length);
    for (const [from, to] of [
      [0, 1_000],
      [1_000, 2_000_000],
      [2_000_000, 3_000_000],
    ] as const) {
      const body = photo.subarray(from, to);
      const { status, headers } = await patch(upload, url, from, { ...sum(checksum(algorithm, body)), body });
      expect({ status, offset: headers['upload-offset'] }).toEqual({ status: 204, offset: String(to) });
    }
    const stored = await upload.objects.get(originalKey(upload.eventId, url.split('/').at(-1) ?? '', 1));
    expect(sha256(Buffer.concat((await stored?.body.toArray()) ?? []))).toBe(sha256(photo));
  });

  test.each(each)(
    'the Server answers 460 to a $way whose $algorithm mismatches, and the offset MUST NOT be updated',
    async ({ sum, algorithm }) => {
      const url = await create(upload, photo.length);
      await patch(upload, url, 0, { body: photo.subarray(0, 1_000) });
      upload.calls.length = 0;
      const wrong = sum(checksum(algorithm, photo));
      const answer = await patch(upload, url, 1_000, { ...wrong, body: photo.subarray(1_000) });
      expect(answer).toMatchObject({ status: 460, code: 'checksum_mismatch' });
      expect(upload.calls).toEqual([]);
      expect(await offsetOf(upload, url)).toBe(1_000);
      expect(await patch(upload, url, 1_000, { body: photo.subarray(1_000) })).toMatchObject({ status: 204 });
    },
  );

  const unsupported = ['md5 XUFAKrxLKna5cZ2REBfFkg==', 'SHA1 qvTGHdzF6KLavt4PO0gs2a6pQ00=', 'crc32 AAAAAA=='];
  const malformed = [
    'sha1',
    'sha1 ',
    'sha1 !!',
    'sha1 AAAA',
    'sha1  qvTGHdzF6KLavt4PO0gs2a6pQ00=',
    'sha256 qvTGHdzF6KLavt4PO0gs2a6pQ00=',
    'constructor AAAA',
    '',
  ];
  const wrong = ways.flatMap((way) => [...unsupported, ...malformed].map((value) => ({ ...way, value })));
  test.each(wrong)(
    'the Server answers 400 to $way "$value", and the chunk MUST be discarded',
    async ({ sum, value }) => {
      const url = await create(upload, photo.length);
      const answer = await patch(upload, url, 0, { ...sum(value), body: photo });
      expect(answer).toMatchObject({ status: 400, code: 'checksum_invalid' });
      expect(await offsetOf(upload, url)).toBe(0);
    },
  );

  test.each(ways)('a mismatch in the POST by $way leaves no upload', async ({ sum }) => {
    const { headers, ...rest } = sum(checksum('sha1', Buffer.from('else')));
    const type = { 'content-type': 'application/offset+octet-stream' };
    const answer = await post(upload, photo.length, { ...rest, headers: { ...headers, ...type }, body: photo });
    expect(answer).toMatchObject({ status: 460, code: 'checksum_mismatch' });
    const open = `select 1 from uploads where state = 'open' and received = 0 and length = $1 and generation = 1 and holder is not null`;
    expect(await upload.database.query(open, [photo.length])).toEqual([]);
  });
});

describe('header', () => {
  test('a body that may not be held back as a whole is refused with 413 before it is sent', async () => {
    const url = await create(upload, photo.length);
    const length = 64 * 1024 * 1024 + 1;
    const headers = { 'upload-checksum': checksum('sha1', photo) };
    const writing = begin(upload, url, { offset: 0, length, first: photo, headers });
    writing.send(Buffer.alloc(length - photo.length));
    expect(await writing.status()).toBe(413);
    await writing.cut();
  });

  test('a request with a checksum that is cut keeps nothing, for nothing of it can be verified', async () => {
    const url = await create(upload, photo.length);
    const headers = { 'upload-checksum': checksum('sha1', photo) };
    const writing = begin(upload, url, {
      offset: 0,
      length: photo.length,
      first: photo.subarray(0, 2_000_000),
      headers,
    });
    await expect.poll(() => readdir(upload.deps.spoolDir)).toHaveLength(1);
    await writing.cut();
    await expect.poll(() => readdir(upload.deps.spoolDir)).toEqual([]);
    expect(await offsetOf(upload, url)).toBe(0);
  });

  test('a request with a checksum that makes way for another request keeps nothing', async () => {
    const url = await create(upload, photo.length);
    const headers = { 'upload-checksum': checksum('sha1', photo) };
    const writing = begin(upload, url, {
      offset: 0,
      length: photo.length,
      first: photo.subarray(0, 2_000_000),
      headers,
    });
    await expect.poll(() => readdir(upload.deps.spoolDir)).toHaveLength(1);
    expect(await offsetOf(upload, url)).toBe(0);
    await writing.cut();
  });
});

describe('trailer', () => {
  test('a trailer that was announced and did not come is no checksum: 400', async () => {
    const url = await create(upload, photo.length);
    const answer = await patch(upload, url, 0, { headers: { trailer: 'upload-checksum' }, trailers: {}, body: photo });
    expect(answer).toMatchObject({ status: 400, code: 'checksum_invalid' });
    expect(await offsetOf(upload, url)).toBe(0);
  });

  test('a checksum is found among other trailers', async () => {
    const url = await create(upload, photo.length);
    const trailers = { 'X-Other': '1', 'Upload-Checksum': checksum('sha1', photo) };
    const answer = await patch(upload, url, 0, {
      headers: { trailer: 'X-Other, Upload-Checksum' },
      trailers,
      body: photo,
    });
    expect(answer).toMatchObject({ status: 204 });
  });
});
