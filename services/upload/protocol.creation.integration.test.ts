import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ask, begin, create, head, metadataOf, offsetOf, patch, post } from './protocoltest.ts';
import { photoOf, startUpload, type TestUpload } from './uploadtest.ts';

/*
 * What the extensions creation and creation-with-upload ask of a server, in short, and where it is held here:
 *   MUST    be named in Tus-Extension, the second only with the first                      protocol.versions, OPTIONS
 *   MUST    201 with Location, absolute or relative                                        creation
 *   MUST    Upload-Length or Upload-Defer-Length: 1; the second is not offered: 400        length
 *   MUST    413 above the maximum                                                          length
 *   MUST    Upload-Metadata: pairs, unique keys without space and comma, values in Base64  metadata
 *   MUST    HEAD gives Upload-Metadata as the client said it                               metadata
 *   SHOULD  values are validated before they are used as headers                           metadata
 *   MUST    bytes of a POST come as application/offset+octet-stream                        first bytes
 *   MUST    the 201 tells Upload-Offset after the bytes; as many as possible are taken     first bytes
 */
let upload: TestUpload;
let photo: Buffer;
beforeAll(async () => {
  upload = await startUpload();
  photo = await photoOf(100_000);
});
afterAll(() => upload[Symbol.asyncDispose]());

const base64 = (text: string | Uint8Array) => Buffer.from(text).toString('base64');
const openUploads = async () => {
  const [row] = await upload.database.query<{ open: number }>(
    `select count(*)::int as open from uploads where state = 'open'`,
  );
  return row?.open;
};

describe('creation', () => {
  test('the Server MUST acknowledge with 201 and a Location that is the server own', async () => {
    const { status, headers } = await post(upload, photo.length);
    expect(status).toBe(201);
    expect(headers.location).toMatch(new RegExp(`^/files/${upload.eventId}/[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f-]{21}$`));
    expect(headers['upload-offset']).toBeUndefined();
  });

  test('a new upload has the offset 0 and takes the whole file by the core protocol', async () => {
    const url = await create(upload, photo.length);
    expect(await patch(upload, url, 0, { body: photo })).toMatchObject({ status: 204 });
  });

  test.each(['/', '/?x=1'])('the creation URL may end in %s', async (end) => {
    const headers = { 'upload-length': '10', 'upload-metadata': metadataOf(upload) };
    expect((await ask(upload, 'POST', `${upload.files}${end}`, { headers })).status).toBe(201);
  });

  test('a POST to anything but the creation URL creates nothing: 404', async () => {
    const before = await openUploads();
    const headers = { 'upload-length': '10', 'upload-metadata': metadataOf(upload) };
    const url = await create(upload, photo.length);
    expect((await ask(upload, 'POST', url, { headers })).status).toBe(404);
    expect(await openUploads()).toBe((before ?? 0) + 1);
  });
});

describe('length', () => {
  const lengths = [
    { name: 'none', headers: { 'upload-length': undefined }, want: { status: 400, code: 'length_required' } },
    {
      name: 'a deferred one',
      headers: { 'upload-length': undefined, 'upload-defer-length': '1' },
      want: { status: 400, code: 'length_required' },
    },
    {
      name: 'a deferred one that is not 1',
      headers: { 'upload-length': undefined, 'upload-defer-length': '2' },
      want: { status: 400, code: 'length_required' },
    },
    {
      name: 'one that is given and deferred',
      headers: { 'upload-length': '9', 'upload-defer-length': '1' },
      want: { status: 400, code: 'length_required' },
    },
    { name: 'a negative one', headers: { 'upload-length': '-1' }, want: { status: 400, code: 'invalid' } },
    { name: 'that of an empty file', headers: { 'upload-length': '0' }, want: { status: 400, code: 'empty_file' } },
    {
      name: 'one above the maximum',
      headers: { 'upload-length': '67108865' },
      want: { status: 413, code: 'file_too_large' },
    },
    {
      name: 'one beyond any number',
      headers: { 'upload-length': '9'.repeat(40) },
      want: { status: 413, code: 'file_too_large' },
    },
    {
      name: 'that of a partial upload',
      headers: { 'upload-length': '9', 'upload-concat': 'partial' },
      want: { status: 400, code: 'invalid' },
    },
    {
      name: 'that of joined uploads',
      headers: { 'upload-length': undefined, 'upload-concat': 'final;/files/a /files/b' },
      want: { status: 400, code: 'invalid' },
    },
  ];
  test.each(lengths)('the length of an upload MUST NOT be $name: $want.status', async ({ headers, want }) => {
    const before = await openUploads();
    expect(await post(upload, undefined, { headers })).toMatchObject(want);
    expect(await openUploads()).toBe(before);
  });

  test('the Server takes an upload of exactly the maximum', async () => {
    expect((await post(upload, 64 * 1024 * 1024)).status).toBe(201);
  });
});

describe('metadata', () => {
  const event = () => `event_id ${base64(upload.eventId)}`;
  const name = `filename ${base64('a.jpg')}`;
  const wrong = [
    { why: 'there is none', value: () => undefined },
    { why: 'it is empty', value: () => '' },
    { why: 'a key is empty', value: () => `${event()},${name}, ${base64('x')}` },
    { why: 'a key is given twice', value: () => `${event()},${name},filename ${base64('b.jpg')}` },
    { why: 'a key holds a space', value: () => `${event()},${name},a b ${base64('x')}` },
    { why: 'a comma ends it', value: () => `${event()},${name},` },
    { why: 'a key is not ASCII', value: () => `${event()},${name},n\u00e4me ${base64('x')}` },
    { why: 'a value is not Base64', value: () => `${event()},filename a.jpg` },
    { why: 'a value lacks its padding', value: () => `${event()},filename ${base64('ab').replaceAll('=', '')}` },
    { why: 'a value is Base64 of another alphabet', value: () => `${event()},filename __-_` },
    { why: 'a value is no text', value: () => `${event()},filename ${base64(Uint8Array.of(0xff, 0xfe))}` },
    { why: 'a value holds a zero byte', value: () => `${event()},filename ${base64('a\0.jpg')}` },
    { why: 'the event is missing', value: () => name },
    { why: 'the event is none', value: () => `event_id ${base64('1')},${name}` },
    { why: 'the file name is missing', value: () => event() },
    { why: 'the file name is empty', value: () => `${event()},filename` },
    { why: 'the file name is too long', value: () => `${event()},filename ${base64('x'.repeat(256))}` },
    {
      why: 'the moment is beyond any calendar',
      value: () => `${event()},${name},last_modified ${base64('999999999999999')}`,
    },
    { why: 'the SHA-256 is none', value: () => `${event()},${name},sha256 ${base64('abc')}` },
  ];
  test.each(wrong)('Upload-Metadata MUST be what it claims: 400 when $why', async ({ value }) => {
    const answer = await post(upload, photo.length, { headers: { 'upload-metadata': value() } });
    expect(answer).toMatchObject({ status: 400, code: 'metadata_invalid' });
  });

  const right = [
    { what: 'keys that nobody knows, in the client order', more: `zebra ${base64('1')},ant ${base64('2')}` },
    { what: 'a key without a value', more: 'is_confidential' },
    { what: 'a file type that the browser does not know', more: 'filetype' },
    { what: 'text in any language and line breaks', more: `caption ${base64('Fête 婚禮 🎉\r\nSet-Cookie: a=b')}` },
    { what: 'names that objects have', more: `photo_id ${base64('mine')},length ${base64('1')}` },
    { what: 'the largest moment', more: `last_modified ${base64('99999999999999')}` },
  ];
  test.each(right)('responses to HEAD MUST include Upload-Metadata as the Client said it: $what', async ({ more }) => {
    const said = `${event()},${name},${more}`;
    const url = await create(upload, photo.length, { headers: { 'upload-metadata': said } });
    const { status, headers } = await head(upload, url);
    expect({ status, said: headers['upload-metadata'] }).toEqual({ status: 200, said });
  });

  test('file names are data only: a path in one changes no key and no URL', async () => {
    const said = metadataOf(upload, { filename: '../../../etc/passwd' });
    const url = await create(upload, photo.length, { headers: { 'upload-metadata': said } });
    expect(url).not.toContain('passwd');
    expect(await patch(upload, url, 0, { body: photo })).toMatchObject({ status: 204 });
  });
});

describe('first bytes', () => {
  const type = 'application/offset+octet-stream';
  test('the Server MUST include Upload-Offset in the 201: of a part of the file', async () => {
    const { status, headers } = await post(upload, photo.length, {
      headers: { 'content-type': type },
      body: photo.subarray(0, 30_000),
    });
    expect({ status, offset: headers['upload-offset'] }).toEqual({ status: 201, offset: '30000' });
    const url = new URL(headers.location ?? '', upload.files).href;
    expect(await patch(upload, url, 30_000, { body: photo.subarray(30_000) })).toMatchObject({ status: 204 });
  });

  test('the Server MUST include Upload-Offset in the 201: of the whole file, which is stored then', async () => {
    const { status, headers } = await post(upload, photo.length, { headers: { 'content-type': type }, body: photo });
    expect({ status, offset: headers['upload-offset'] }).toEqual({ status: 201, offset: String(photo.length) });
    const id = headers.location?.split('/').at(-1);
    const rows = await upload.database.query('select state from photos where photo_id = $1', [id]);
    expect(rows).toEqual([{ state: 'stored' }]);
  });

  test('the Server MUST include Upload-Offset in the 201: of a body that comes in chunks', async () => {
    const { headers } = await post(upload, photo.length, {
      headers: { 'content-type': type },
      body: photo,
      trailers: {},
    });
    expect(headers['upload-offset']).toBe(String(photo.length));
  });

  const types = [undefined, 'application/octet-stream', 'image/jpeg'];
  test.each(types)('bytes of a POST MUST come as application/offset+octet-stream, else 415: %s', async (other) => {
    const before = await openUploads();
    const answer = await post(upload, photo.length, { headers: { 'content-type': other }, body: photo });
    expect(answer).toMatchObject({ status: 415, code: 'media_type_invalid' });
    expect(await openUploads()).toBe(before);
  });

  test('an empty POST may have any Content-Type', async () => {
    expect((await post(upload, 10, { headers: { 'content-type': 'text/plain', 'content-length': '0' } })).status).toBe(
      201,
    );
  });

  test('more bytes than the length are refused with 413 before anything is created', async () => {
    const before = await openUploads();
    const answer = await post(upload, 10, { headers: { 'content-type': type }, body: photo });
    expect(answer).toMatchObject({ status: 413, code: 'file_too_large' });
    expect(await openUploads()).toBe(before);
  });

  test('an upload whose first bytes failed is ended, for its client never learned its URL', async () => {
    const before = await openUploads();
    const answer = await post(upload, 10, { headers: { 'content-type': type }, body: photo, trailers: {} });
    expect(answer).toMatchObject({ status: 413 });
    expect(answer.headers.location).toBeUndefined();
    expect(await openUploads()).toBe(before);
  });

  test('what came of a POST that was cut is kept as an upload that expires', async () => {
    const writing = begin(upload, upload.files, {
      ...{ method: 'POST', offset: 0, length: photo.length, first: photo.subarray(0, 30_000) },
      headers: {
        'upload-length': String(photo.length),
        'upload-metadata': metadataOf(upload, { filename: 'cut.jpg' }),
      },
    });
    const find = () =>
      upload.database.query<{ id: string; received: number; held: boolean }>(
        `select photo_id as id, received, holder is not null as held from uploads where metadata->>'filename' = 'cut.jpg'`,
      );
    await expect.poll(find).toHaveLength(1);
    await writing.cut();
    await expect.poll(find).toMatchObject([{ received: 30_000, held: false }]);
    const [row] = await find();
    expect(await offsetOf(upload, `${upload.files}/${upload.eventId}/${row?.id}`)).toBe(30_000);
  });
});
