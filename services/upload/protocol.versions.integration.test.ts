import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ask, create, head, offsetOf, patch, post, type Sending } from './protocoltest.ts';
import { photoOf, startUpload, type TestUpload } from './uploadtest.ts';

let upload: TestUpload;
let photo: Buffer;
beforeAll(async () => {
  upload = await startUpload();
  photo = await photoOf(100_000);
});
afterAll(() => upload[Symbol.asyncDispose]());

describe('versions', () => {
  const verbs = ['POST', 'HEAD', 'PATCH', 'DELETE'];
  const versions = [undefined, '0.2.2', '1.0', '2.0.0', '1.0.0, 2.0.0', ''];
  const cases = verbs.flatMap((verb) => versions.map((version) => ({ verb, version })));
  test.each(cases)(
    'the Server MUST answer 412 with Tus-Version to $verb in version $version',
    async ({ verb, version }) => {
      const url = verb === 'POST' ? upload.files : await create(upload, photo.length);
      const { status, headers, code } = await ask(upload, verb, url, { headers: { 'tus-resumable': version } });
      expect({ status, version: headers['tus-version'], speaks: headers['tus-resumable'] }).toEqual({
        status: 412,
        version: '1.0.0',
        speaks: '1.0.0',
      });
      expect(code).toBe(verb === 'HEAD' ? undefined : 'version_unsupported');
    },
  );

  test('the Server MUST NOT process a request of another version', async () => {
    const url = await create(upload, photo.length);
    const other = { 'tus-resumable': '0.2.2' };
    const before = await upload.database.query('select count(*) as count from uploads');
    await post(upload, 10, { headers: other });
    await patch(upload, url, 0, { headers: other, body: photo });
    await ask(upload, 'DELETE', url, { headers: other });
    expect(await offsetOf(upload, url)).toBe(0);
    expect(await upload.database.query('select count(*) as count from uploads')).toEqual(before);
  });

  const answers: { name: string; send: (url: string) => Promise<{ headers: Record<string, unknown> }> }[] = [
    { name: 'a created upload', send: () => post(upload, 100) },
    { name: 'a refused creation', send: () => post(upload, undefined) },
    { name: 'a HEAD', send: (url) => head(upload, url) },
    { name: 'a HEAD of nothing', send: (url) => head(upload, `${url.slice(0, -12)}000000000000`) },
    { name: 'a PATCH', send: (url) => patch(upload, url, 0, { body: photo }) },
    { name: 'a PATCH at a wrong offset', send: (url) => patch(upload, url, 7, { body: photo }) },
    { name: 'a DELETE', send: (url) => ask(upload, 'DELETE', url) },
    { name: 'a stranger', send: (url) => head(upload, url, { cookie: '' }) },
    { name: 'another site', send: () => post(upload, 9, { headers: { origin: 'https://elsewhere.example' } }) },
    { name: 'a method that is none', send: (url) => ask(upload, 'GET', url) },
  ];
  test.each(answers)('the Tus-Resumable header MUST be included in the response to $name', async ({ send }) => {
    expect((await send(await create(upload, photo.length))).headers['tus-resumable']).toBe('1.0.0');
  });
});

describe('overriding', () => {
  const as = (method: string, sending: Sending = {}): Sending => ({
    ...sending,
    headers: { 'x-http-method-override': method, ...sending.headers },
  });
  test.each(['POST', 'GET', 'DELETE'])('X-HTTP-Method-Override MUST make a %s a PATCH', async (actual) => {
    const url = await create(upload, photo.length);
    const headers = { 'content-type': 'application/offset+octet-stream', 'upload-offset': '0' };
    const { status } = await ask(upload, actual, url, as('PATCH', { headers, body: photo }));
    expect(status).toBe(204);
    expect(await offsetOf(upload, url)).toBe(photo.length);
  });

  test('X-HTTP-Method-Override MUST make a POST a HEAD or a DELETE', async () => {
    const url = await create(upload, photo.length);
    expect((await ask(upload, 'POST', url, as('HEAD'))).headers['upload-offset']).toBe('0');
    expect((await ask(upload, 'POST', url, as('DELETE'))).status).toBe(204);
    expect((await head(upload, url)).status).toBe(410);
  });

  test('the actual method MUST be ignored, also where it is DELETE', async () => {
    const url = await create(upload, photo.length);
    expect((await ask(upload, 'DELETE', url, as('HEAD'))).status).toBe(200);
    expect((await ask(upload, 'DELETE', url, as('NOTHING'))).status).toBe(404);
    expect(await offsetOf(upload, url)).toBe(0);
  });

  test('a method that another site overrides is judged by what it means', async () => {
    const url = await create(upload, photo.length);
    const headers = { 'sec-fetch-site': 'cross-site' };
    expect(await ask(upload, 'HEAD', url, as('DELETE', { headers }))).toMatchObject({ status: 403 });
    expect(await offsetOf(upload, url)).toBe(0);
  });
});

test('what proxies on the way add is no part of the protocol', async () => {
  const url = await create(upload, photo.length);
  const headers = {
    'x-forwarded-proto': 'https, http',
    'x-forwarded-host': 'a.example, b.example',
    forwarded: 'proto=https',
  };
  expect(await head(upload, url, { headers })).toMatchObject({ status: 200 });
  expect(await patch(upload, url, 0, { headers, body: photo })).toMatchObject({ status: 204 });
});

describe('OPTIONS', () => {
  test.each(['', '/any/thing'])(
    'a successful response MUST contain Tus-Version, and says what is offered, at /files%s',
    async (path) => {
      const { status, headers } = await ask(upload, 'OPTIONS', `${upload.files}${path}`, { cookie: '' });
      expect(status).toBe(204);
      expect(headers).toMatchObject({
        'tus-version': '1.0.0',
        'tus-max-size': String(64 * 1024 * 1024),
        'tus-extension': 'creation,creation-with-upload,expiration,termination,checksum,checksum-trailer',
        'tus-checksum-algorithm': 'sha1,sha256',
      });
    },
  );

  test.each([undefined, '0.2.2', 'none'])('the Server MUST ignore Tus-Resumable %s', async (version) => {
    const answer = await ask(upload, 'OPTIONS', upload.files, { headers: { 'tus-resumable': version } });
    expect(answer.status).toBe(204);
  });
});
