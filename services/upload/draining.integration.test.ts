import { once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';
import { text } from 'node:stream/consumers';
import { BatchResults } from '@kilat/contract';
import { expect, test, vi } from 'vitest';
import { openTestEvent, testSecret } from '#internal/events/eventtest.ts';
import { startTarget } from '#internal/process/processtest.ts';
import { freePort } from '../../deploy/local/port.ts';
import { freshBucket, temporaryFolder, testServers } from '../../deploy/local/testing.ts';
import { main } from './main.ts';
import { photoOf } from './uploadtest.ts';

test('a form that is half sent when the target is told to end is stored', async () => {
  await using event = await openTestEvent();
  const port = await freePort();
  await using target = await startTarget(main, {
    ...testServers(),
    DATABASE_URL: event.url,
    S3_BUCKET: freshBucket(),
    NATS_URL: `nats://127.0.0.1:${await freePort()}`,
    KILAT_SECRET: testSecret,
    UPLOAD_LISTEN: `127.0.0.1:${port}`,
    UPLOAD_DRAIN_SECONDS: '0',
    SPOOL_DIR: temporaryFolder(),
  });
  const headers = { cookie: event.cookies.owner, 'content-type': 'multipart/form-data; boundary=b' };
  const form = request(`http://127.0.0.1:${port}/files/batch/${event.eventId}`, { method: 'POST', headers });
  const answered = once(form, 'response') as Promise<[IncomingMessage]>;
  answered.catch(() => {});
  const photo = await photoOf(300_000);
  form.write(Buffer.concat([fileHead('first.jpg'), photo, Buffer.from('\r\n')]));
  form.write(Buffer.concat([fileHead('second.jpg'), photo.subarray(0, 100_000)]));
  const stored = 'select file_name as name from photos where state = $1 order by file_name';
  await vi.waitFor(async () => expect(await event.database.query(stored, ['stored'])).toHaveLength(1), {
    timeout: 20_000,
  });

  const stopping = target.stop();
  await vi.waitFor(() => expect(fetch(`http://127.0.0.1:${port}/files`)).rejects.toThrow());
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
