import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { startTarget } from '#internal/process/processtest.ts';
import { type Child, startChild } from '../deploy/local/child.ts';
import { freePort } from '../deploy/local/port.ts';
import { temporaryFolder } from '../deploy/local/testing.ts';
import { main as relay } from './relay/main.ts';
import { main as thumbnail } from './thumbnail/main.ts';
import { noisy, oriented } from './thumbnail/phototest.ts';
import { type Darkroom, openDarkroom } from './thumbnail/thumbnailtest.ts';

let room: Darkroom;

beforeEach(async () => {
  room = await openDarkroom();
});
afterEach(() => room[Symbol.asyncDispose]());

const once = ['photo.previewed', 'photo.rendered', 'photo.stored'];

async function storeSome(count: number, bytes: Buffer): Promise<string[]> {
  return Promise.all(Array.from({ length: count }, () => room.store(bytes)));
}

async function expectRenderedOnce(photoIds: readonly string[]): Promise<void> {
  for (const photoId of photoIds) {
    await room.untilState(photoId, 'ready');
    const types = (await room.entriesOf(photoId)).map(({ type }) => type).sort();
    expect(types).toEqual(once);
  }
}

async function attemptsOf(photoIds: readonly string[]): Promise<number[]> {
  return Promise.all(photoIds.map(async (photoId) => Number((await room.stageOf(photoId))?.attempts)));
}

async function startWorker(): Promise<Child> {
  const entry = fileURLToPath(new URL('main.ts', import.meta.url));
  return startChild({
    name: 'thumbnail',
    command: [process.execPath, entry, 'serve', '--target=thumbnail'],
    logFile: join(temporaryFolder(), 'thumbnail.log'),
    env: {
      PATH: process.env.PATH,
      ...room.env,
      ADMIN_LISTEN: `127.0.0.1:${await freePort()}`,
      THUMBNAIL_CONCURRENCY: '3',
    },
  });
}

test('every photo is rendered once although the bus loses everything on the way', async () => {
  await using _relay = await startTarget(relay, { ...room.env, RELAY_LOST_CHECK_SECONDS: '1' });
  await using _thumbnail = await startTarget(thumbnail, room.env);
  const early = await storeSome(10, await oriented(6));
  await room.untilState(early[0] ?? '', 'ready');
  await room.nats.wipe();
  const late = await storeSome(5, await oriented(1));
  await expectRenderedOnce([...early, ...late]);
});

test('the photos of a worker that was killed are rendered once by the next one', async () => {
  await using _relay = await startTarget(relay, room.env);
  const photoIds = await storeSome(3, await noisy(2_500));
  const worker = await startWorker();
  const begun = async () => expect(Math.min(...(await attemptsOf(photoIds)))).toBe(1);
  await vi.waitFor(begun, { interval: 10 });
  worker.kill('SIGKILL');
  await worker.exited;
  await using _next = await startTarget(thumbnail, room.env);
  await expectRenderedOnce(photoIds);
  expect(Math.max(...(await attemptsOf(photoIds)))).toBe(2);
});
