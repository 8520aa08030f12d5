import { appendFileSync, cpSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openDatabase } from '#internal/database/database.ts';
import type { Environment } from '#internal/env/env.ts';
import { testSecret } from '#internal/events/eventtest.ts';
import { silentLog } from '#internal/log/log.ts';
import { originalKey } from '#internal/objects/key.ts';
import type { Objects } from '#internal/objects/objects.ts';
import { startTarget } from '#internal/process/processtest.ts';
import type { Manifest } from '#internal/snapshots/archive.ts';
import { createSnapshot } from '#internal/snapshots/create.ts';
import { freshBucket, freshDatabase, temporaryFolder } from '../deploy/local/testing.ts';
import { main as relay } from './relay/main.ts';
import { check, create, restore, type SnapshotOptions } from './snapshot.ts';
import { main as thumbnail } from './thumbnail/main.ts';
import { oriented } from './thumbnail/phototest.ts';
import { type Darkroom, openDarkroom, openTestObjects } from './thumbnail/thumbnailtest.ts';

let room: Darkroom;
let env: Environment;
let photoIds: string[];
let snapshot: string;
let told: string[];
beforeAll(async () => {
  room = await openDarkroom();
  env = { ...room.env, KILAT_SECRET: testSecret };
  await using _relay = await startTarget(relay, room.env);
  await using _thumbnail = await startTarget(thumbnail, room.env);
  const bytes = await oriented(6);
  photoIds = await Promise.all(Array.from({ length: 5 }, () => room.store(bytes, { sha256: true })));
  for (const photoId of photoIds) await room.untilState(photoId, 'ready');
  await beginUpload();
  snapshot = join(temporaryFolder(), 'snapshot');
  const stop = new AbortController();
  const coming = storeUntil(stop.signal, bytes);
  expect(await run(create.bind(undefined, env, '9.9.9'), snapshot)).toBe(0);
  stop.abort();
  await coming;
});
afterAll(() => room[Symbol.asyncDispose]());

test('holds every photo that was stored when it began, readable by its owner only', async () => {
  const { photos, version } = manifestOf(snapshot);
  expect(photos).toBeGreaterThanOrEqual(photoIds.length);
  expect(version).toBe('9.9.9');
  for (const photoId of photoIds) expect(statSync(originalOf(photoId)).mode & 0o777).toBe(0o600);
  expect(statSync(snapshot).mode & 0o777).toBe(0o700);
  expect(await run(check, snapshot)).toBe(0);
});

test('is restored whole into an empty place, in an epoch of its own, and all is verified', async () => {
  const place = await emptyPlace();
  expect(await run(restore.bind(undefined, place.env), snapshot)).toBe(0);
  expect(told.at(-1)).toMatch(/all is well$/);
  await using database = await openDatabase({ url: place.url, poolSize: 1, log: silentLog() });
  const [row] = await database.query<{ epoch: string; photos: number; received: number; sessions: number }>(
    `select epoch, (select count(*)::integer from photos where stored_seq is not null) as photos,
       (select received from uploads where state = 'open') as received, (select count(*)::integer from sessions) as sessions
     from installation`,
  );
  const { epoch, photos } = manifestOf(snapshot);
  expect(row).toEqual({ epoch: expect.not.stringContaining(epoch), photos, received: 0, sessions: 5 });
  expect(JSON.parse(readFileSync(place.instanceFile, 'utf8'))).toEqual({ secret: testSecret });
  expect(await run(restore.bind(undefined, place.env), snapshot)).toBe(2);
  expect(told).toEqual([expect.stringContaining('the database has accounts or events')]);
});

test('has nothing of a photo that was deleted while it was made', async () => {
  const photoId = await room.store(await oriented(1));
  const original = originalKey(room.event.eventId, photoId, 1);
  const get: Objects['get'] = async (key, options) => {
    if (key === original) await remove(photoId, key);
    return room.objects.get(key, options);
  };
  const none = async function* () {};
  const { missing } = await createSnapshot({
    ...newSnapshot('deleting'),
    objects: { ...room.objects, get, list: none },
  });
  expect(missing).toEqual([]);
});

test('goes on where it was stopped', async () => {
  const deps = newSnapshot('stopped');
  const { folder } = deps;
  const stop = new AbortController();
  const onProgress = ({ objects }: { objects: number }) => objects >= 4 && stop.abort();
  const stopped = createSnapshot({ ...deps, objects: room.objects, signal: stop.signal, onProgress });
  await expect(stopped).rejects.toThrow();
  expect(await run(check, folder)).toBe(2);
  expect(told).toEqual([expect.stringContaining('is not finished')]);
  appendFileSync(join(folder, 'objects.jsonl'), '{"key": "e/half a li');
  const fetched: string[] = [];
  const get: Objects['get'] = (key, options) => {
    fetched.push(key);
    return room.objects.get(key, options);
  };
  const { objects } = await createSnapshot({ ...deps, objects: { ...room.objects, get } });
  expect(fetched.length).toBeLessThanOrEqual(objects.count - 4);
  expect(await run(check, folder)).toBe(0);
});

test('a restore that was stopped goes on, and touches no bucket that holds something else', async () => {
  const place = await emptyPlace();
  const [photoId = ''] = photoIds;
  const body = readFileSync(originalOf(photoId));
  const key = originalKey(room.event.eventId, photoId, 1);
  const { objects } = place;
  await objects.put({ key, body, size: body.length, contentType: 'image/jpeg' });
  await objects.put({ key: 'strange', body, size: body.length, contentType: 'image/jpeg' });
  expect(await run(restore.bind(undefined, place.env), snapshot)).toBe(2);
  expect(told).toEqual([expect.stringContaining('the bucket holds something else')]);
  await objects.remove(['strange']);
  expect(await run(restore.bind(undefined, place.env), snapshot)).toBe(0);
});

const damages: { name: string; damage: (folder: string) => void; says: string }[] = [
  {
    name: 'an original with other bytes',
    damage: (folder) => flip(originalOf(photoIds[0] ?? '', folder)),
    says: 'original-1',
  },
  {
    name: 'an original that lacks',
    damage: (folder) => rmSync(originalOf(photoIds[0] ?? '', folder)),
    says: 'original-1',
  },
  {
    name: 'rows with other bytes',
    damage: (folder) => flip(join(folder, 'database/journal.copy')),
    says: 'journal.copy',
  },
  { name: 'a list that was cut off', damage: (folder) => cut(join(folder, 'objects.jsonl')), says: 'objects.jsonl' },
  {
    name: 'a manifest that cannot be read',
    damage: (folder) => cut(join(folder, 'manifest.json')),
    says: 'manifest.json',
  },
  {
    name: 'a format of later',
    damage: (folder) => change(folder, { format: 2 }),
    says: 'a format that this one does not know',
  },
  {
    name: 'a schema of later',
    damage: (folder) => change(folder, { migrations: ['m0001_initial', 'm9999_later'] }),
    says: 'made by a later Kilat (9.9.9, m9999_later)',
  },
];
test.each(damages)('is refused for $name, before anything is restored', async ({ damage, says }) => {
  const folder = join(temporaryFolder(), 'damaged');
  cpSync(snapshot, folder, { recursive: true });
  damage(folder);
  const place = await emptyPlace();
  expect(await run(restore.bind(undefined, place.env), folder)).toBe(2);
  expect(told).toEqual([expect.stringContaining(says)]);
  for await (const object of place.objects.list('')) expect(object).toBeUndefined();
});

test('is refused under another secret, which would end all links', async () => {
  const place = await emptyPlace();
  const other = { ...place.env, KILAT_SECRET: 'another secret of at least 32 characters' };
  expect(await run(restore.bind(undefined, other), snapshot)).toBe(2);
  expect(told).toEqual([expect.stringContaining('KILAT_SECRET is not that of the snapshot')]);
});

test('names what the bucket has lost, and takes all else along', async () => {
  const [photoId = ''] = photoIds;
  const key = originalKey(room.event.eventId, photoId, 1);
  const folder = join(temporaryFolder(), 'lost');
  await room.objects.remove([key]);
  expect(await run(create.bind(undefined, env, '1'), folder)).toBe(1);
  expect(told).toContain(`object_missing ${key}`);
  expect(manifestOf(folder).missing).toEqual([key]);
});

test('never writes into a folder that holds something else', async () => {
  const folder = temporaryFolder();
  writeFileSync(join(folder, 'mine'), '');
  expect(await run(create.bind(undefined, env, '1'), folder)).toBe(2);
  expect(told).toEqual([expect.stringContaining('is not empty')]);
  expect(await run(create.bind(undefined, env, '1'), snapshot)).toBe(2);
  expect(told).toEqual([expect.stringContaining('there is a finished snapshot')]);
});

/** Runs a command to its end; `told` is what it said. */
async function run(command: (options: SnapshotOptions) => Promise<number>, folder: string): Promise<number> {
  told = [];
  const tell = (line: string) => void told.push(line);
  return command({ folder, signal: new AbortController().signal, tell, print: tell });
}

function newSnapshot(name: string) {
  const folder = join(temporaryFolder(), name);
  const { signal } = new AbortController();
  const install = { secret: testSecret, instance: null };
  return { url: env.DATABASE_URL ?? '', folder, version: '1', install, signal, onProgress: () => {} };
}

/** Makes an empty database and an empty bucket, with the settings that name them. */
async function emptyPlace() {
  const [url, bucket] = [await freshDatabase(), freshBucket()];
  const instanceFile = join(temporaryFolder(), 'instance.json');
  const where = { DATABASE_URL: url, S3_BUCKET: bucket, KILAT_INSTANCE_FILE: instanceFile };
  return { url, instanceFile, env: { ...env, ...where }, objects: openTestObjects(bucket) };
}

async function storeUntil(signal: AbortSignal, bytes: Buffer): Promise<void> {
  while (!signal.aborted) {
    await room.store(bytes);
    await sleep(50);
  }
}

/** Lets half of a photo be there, as an upload that goes on has it. */
async function beginUpload(): Promise<void> {
  await room.event.database.query(
    `insert into uploads (event_id, photo_id, length, received, metadata, multipart_id, parts)
     values ($1, gen_random_uuid(), 2000, 1000, '{}', 'some', '[{"part": 1, "etag": "x", "size": 1000}]')`,
    [room.event.eventId],
  );
}

async function remove(photoId: string, key: string): Promise<void> {
  await room.event.database.query(`update photos set state = 'deleted' where photo_id = $1`, [photoId]);
  await room.objects.remove([key]);
}

function originalOf(photoId: string, folder = snapshot): string {
  return join(folder, 'objects', originalKey(room.event.eventId, photoId, 1));
}

function manifestOf(folder: string): Manifest {
  return JSON.parse(readFileSync(join(folder, 'manifest.json'), 'utf8'));
}

function flip(file: string): void {
  const bytes = readFileSync(file);
  bytes.writeUInt8(bytes.readUInt8(100) ^ 1, 100);
  writeFileSync(file, bytes);
}

function cut(file: string): void {
  writeFileSync(file, readFileSync(file, 'utf8').slice(0, -3));
}

function change(folder: string, some: object): void {
  writeFileSync(join(folder, 'manifest.json'), JSON.stringify({ ...manifestOf(folder), ...some }));
}
