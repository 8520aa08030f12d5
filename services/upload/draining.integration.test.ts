import { once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';
import { text } from 'node:stream/consumers';
import { BatchResults } from '@kilat/contract';
import { expect, test, vi } from 'vitest';
import { openTestEvent } from '#internal/events/eventtest.ts';
import { photoOf } from './uploadtest.ts';
import { startWhole } from './wholetest.ts';

test('a form that is half sent when the target is told to end is stored', async () => {
  await using event = await openTestEvent();
  await using target = await startWhole(event);
  const headers = { cookie: event.cookies.owner, 'content-type': 'multipart/form-data; boundary=b' };
  const form = request(`${target.files}/batch/${event.eventId}`, { method: 'POST', headers });
  const answered = once(form, 'response') as Promise<[IncomingMessage]>;
  answered.catch(() => {});
  const photo = await photoOf(300_000);
  form.write(Buffer.concat([fileHead('first.jpg'), photo, Buffer.from('\r\n')]));
  form.write(Buffer.concat([fileHead('second.jpg'), photo.subarray(0, 100_000)]));
  const stored = 'select file_name as name from photos where state = $1 order by file_name';
  await vi.waitFor(async () => expect(await event.database.query(stored, ['stored'])).toHaveLength(1));

  const stopping = target.stop();
  await vi.waitFor(() => expect(fetch(`${target.files}`)).rejects.toThrow());
  form.end(Buffer.concat([photo.subarray(100_000), Buffer.from('\r\n--b--\r\n')]));
  const [answer] = await answered;
  const { files } = BatchResults.parse(JSON.parse(await text(answer)));
  expect([answer.statusCode, answer.headers.connection]).toEqual([201, 'close']);
  expect(files.map(({ name, status }) => [name, status])).toEqual([
    ['first.jpg', 201],
    ['second.jpg', 201],
  ]);
  await stopping;
  expect(await event.database.query(stored, ['stored'])).toHaveLength(2);
});

function fileHead(name: string): Buffer {
  return Buffer.from(
    `--b\r\nContent-Disposition: form-data; name="photos"; filename="${name}"\r\nContent-Type: image/jpeg\r\n\r\n`,
  );
}
