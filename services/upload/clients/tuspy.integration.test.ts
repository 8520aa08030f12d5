import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { originalKey } from '#internal/objects/key.ts';
import { execute } from '../../../deploy/local/program.ts';
import { say } from '../../../deploy/local/progress.ts';
import { ensurePython, type Python } from '../../../deploy/local/python.ts';
import { temporaryFolder } from '../../../deploy/local/testing.ts';
import { offsetOf } from '../protocoltest.ts';
import { photoOf, sha256, startUpload, type TestUpload } from '../uploadtest.ts';

const requirements = ['tuspy==1.1.0', 'requests==2.34.2', 'tinydb==4.9.0', 'aiohttp==3.14.5'];
const script = fileURLToPath(new URL('tuspy.py', import.meta.url));

let upload: TestUpload;
let python: Python;
beforeAll(async () => {
  [upload, python] = await Promise.all([startUpload(), ensurePython('tuspy-1.1.0', requirements, say)]);
});
afterAll(() => upload[Symbol.asyncDispose]());

interface Told {
  chunk_size: number;
  checksum: boolean;
  /** Is the number of chunks after which the process ends. */
  chunks?: number;
  /** Is the upload with which another process goes on. */
  url?: string;
}

async function tuspy(path: string, told: Told): Promise<{ url: string; offset: number }> {
  const metadata = { event_id: upload.eventId, filename: 'DSC_0001.JPG', filetype: 'image/jpeg' };
  const said = JSON.stringify({ ...told, path, metadata, files: upload.files, cookie: upload.cookie });
  const env = { ...process.env, PYTHONPATH: python.path, PYTHONDONTWRITEBYTECODE: '1' };
  return JSON.parse(await execute([python.program, script, said], { env }));
}

async function newFile(bytes: number): Promise<{ photo: Buffer; path: string }> {
  const [photo, path] = [await photoOf(bytes), join(temporaryFolder(), 'DSC_0001.JPG')];
  writeFileSync(path, photo);
  return { photo, path };
}

async function storedHash(url: string): Promise<string> {
  const object = await upload.objects.get(originalKey(upload.eventId, url.split('/').at(-1) ?? '', 1));
  return sha256(Buffer.concat((await object?.body.toArray()) ?? []));
}

const mebibyte = 1024 * 1024;
const sizes = [
  { name: 'a photo in one piece', bytes: 5_000_000, chunk_size: 64 * mebibyte },
  { name: 'a photo in odd pieces', bytes: 5_000_000, chunk_size: 777_777 },
  { name: 'a photo of several parts', bytes: 40 * mebibyte + 13, chunk_size: 7 * mebibyte },
];
const cases = sizes.flatMap((size) => [false, true].map((checksum) => ({ ...size, checksum })));
test.each(cases)('tuspy stores $name, with a checksum: $checksum', async ({ bytes, chunk_size, checksum }) => {
  const { photo, path } = await newFile(bytes);
  const sent = await tuspy(path, { chunk_size, checksum });
  expect(sent.offset).toBe(photo.length);
  expect(await storedHash(sent.url)).toBe(sha256(photo));
});

test.each([false, true])(
  'tuspy in a new process goes on where another ended, with a checksum: %s',
  async (checksum) => {
    const { photo, path } = await newFile(5_000_000);
    const begun = await tuspy(path, { chunk_size: mebibyte, checksum, chunks: 2 });
    expect(begun.offset).toBe(2 * mebibyte);
    expect(await offsetOf(upload, begun.url)).toBe(2 * mebibyte);
    const ended = await tuspy(path, { chunk_size: mebibyte, checksum, url: begun.url });
    expect(ended).toEqual({ url: begun.url, offset: photo.length });
    expect(await storedHash(ended.url)).toBe(sha256(photo));
  },
);
