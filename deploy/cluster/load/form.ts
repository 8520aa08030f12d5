import { setTimeout as sleep } from 'node:timers/promises';
import { type Desk, Passing, request, untilStored } from './desk.ts';
import type { Shot } from './photo.ts';

const boundary = 'of-a-form-that-takes-its-time';
const pauseMs = 3_000;

/** Sends one photo in a form, over seconds, as a script on a bad line does, and all of it again where it was cut; answers its id. */
export async function sendByForm(desk: Desk, shot: Shot): Promise<string> {
  return untilStored(desk, 'form', async () => {
    const headers = { 'content-type': `multipart/form-data; boundary=${boundary}` };
    const body = ReadableStream.from(slowly(shot));
    const { text } = await request(desk, `/files/batch/${desk.eventId}`, { method: 'POST', headers, body });
    const [file] = (JSON.parse(text) as { files: { status: number; code: string; photo_id: string }[] }).files;
    if (file?.status === 201) return file.photo_id;
    throw new Passing(`answered ${file?.status} ${file?.code}`, null);
  });
}

async function* slowly({ name, bytes }: Shot): AsyncGenerator<Uint8Array> {
  const half = bytes.length >> 1;
  const part = `content-disposition: form-data; name="photos"; filename="${name}"\r\ncontent-type: image/jpeg`;
  yield Buffer.from(`--${boundary}\r\n${part}\r\n\r\n`);
  yield bytes.subarray(0, half);
  await sleep(pauseMs);
  yield bytes.subarray(half);
  yield Buffer.from(`\r\n--${boundary}--\r\n`);
}
