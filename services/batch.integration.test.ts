import { BatchResults } from '@kilat/contract';
import { expect, test } from 'vitest';
import { environmentOf, openTestEvent } from '#internal/events/eventtest.ts';
import { startTarget } from '#internal/process/processtest.ts';
import { freePort } from '../deploy/local/port.ts';
import { temporaryFolder } from '../deploy/local/testing.ts';
import { main as api } from './api/main.ts';
import { oriented } from './thumbnail/phototest.ts';
import { main as upload } from './upload/main.ts';

test('a form of photos is streamed through api to upload, with the rights of its sender', async () => {
  await using event = await openTestEvent();
  const [apiPort, uploadPort] = [await freePort(), await freePort()];
  const env = {
    ...(await environmentOf(event)),
    SPOOL_DIR: temporaryFolder(),
    API_LISTEN: `127.0.0.1:${apiPort}`,
    UPLOAD_LISTEN: `127.0.0.1:${uploadPort}`,
    UPLOAD_URL: `http://127.0.0.1:${uploadPort}`,
  };
  const targets = [await startTarget(upload, env), await startTarget(api, env)];
  const post = async (cookie: string) => {
    const form = new FormData();
    for (const name of ['a.jpg', 'b.jpg']) form.append('photos', new Blob([new Uint8Array(await oriented(1))]), name);
    const url = `http://127.0.0.1:${apiPort}/api/events/${event.eventId}/photos/batch`;
    return fetch(url, { method: 'POST', headers: { cookie }, body: form });
  };
  const answer = await post(event.cookies.photographer);
  expect([answer.status, BatchResults.parse(await answer.json()).files.map(({ status }) => status)]).toEqual([
    ...[201, [201, 201]],
  ]);
  expect(
    await Promise.all(['guest', 'stranger'].map(async (who) => (await post(event.cookies[who as 'guest'])).status)),
  ).toEqual([403, 401]);
  await Promise.all(targets.map((target) => target.stop()));
  expect((await fetch(`http://127.0.0.1:${apiPort}/`).catch(() => undefined))?.status).toBeUndefined();
});
