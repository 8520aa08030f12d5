import { readFileSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { renditionEdges } from '@kilat/contract';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { Fault } from '#internal/fault/fault.ts';
import { silentLog } from '#internal/log/log.ts';
import type { Objects } from '#internal/objects/objects.ts';
import { retryPhoto } from '#internal/photos/retry.ts';
import { startTarget, type TestTarget } from '#internal/process/processtest.ts';
import { patienceMs } from '../../deploy/local/patience.ts';
import { temporaryFolder } from '../../deploy/local/testing.ts';
import { createDecoders } from './decoder/pool.ts';
import { openDesk } from './desk.ts';
import { main } from './main.ts';
import { fetchOriginal, readFacts } from './photo.ts';
import { corners, cornersOf, distance, noisy, oriented, picture, talkative } from './phototest.ts';
import { createRecord } from './record.ts';
import { createThumbnailer } from './thumbnailer.ts';
import { type Darkroom, type Flaws, openDarkroom } from './thumbnailtest.ts';

let room: Darkroom;
let target: TestTarget;

beforeAll(async () => {
  room = await openDarkroom();
  target = await startTarget(main, room.env);
});
afterAll(async () => {
  await target.stop();
  await room[Symbol.asyncDispose]();
});

async function develop(bytes: Buffer, flaws?: Flaws): Promise<string> {
  const photoId = await room.store(bytes, flaws);
  await room.handOut(photoId);
  return photoId;
}

async function rendered(bytes: Buffer, flaws?: Flaws): Promise<string> {
  const photoId = await develop(bytes, flaws);
  await room.untilState(photoId, 'ready');
  return photoId;
}

async function typesOf(photoId: string): Promise<string[]> {
  return (await room.entriesOf(photoId)).map(({ type }) => type);
}

async function count(): Promise<number> {
  const [row] = await room.event.database.query<{ n: number }>(
    'select photo_count as n from heads where event_id = $1',
    [room.event.eventId],
  );
  return row?.n ?? Number.NaN;
}

/** Asserts what holds for every rendition: its format and size, and that it tells nothing but the picture. */
async function expectRenditions(photoId: string): Promise<void> {
  const { width, height } = await room.photoOf(photoId);
  for (const name of ['small', 'medium', 'large'] as const) {
    const found = await sharp(await room.rendition(photoId, name)).metadata();
    expect(found.format).toBe('webp');
    expect(found.space).toBe('srgb');
    expect(Math.max(found.width, found.height)).toBe(Math.min(renditionEdges[name], Math.max(width ?? 0, height ?? 0)));
    expect([found.exif, found.icc, found.xmp, found.iptc, found.orientation]).toEqual(Array(5).fill(undefined));
  }
}

test('a photo is previewed, then rendered, with all that its views need', async () => {
  const photoId = await rendered(await noisy(2_000));
  expect(await typesOf(photoId)).toEqual(['photo.stored', 'photo.previewed', 'photo.rendered']);
  expect(await room.photoOf(photoId)).toMatchObject({
    width: 2_000,
    height: 2_000,
    version: 2,
    renditions: ['small', 'medium', 'large', 'xlarge'],
    thumbhash: expect.stringMatching(/^[\w+/]{20,40}=*$/),
  });
  await expectRenditions(photoId);
});

test.each([1, 2, 3, 4, 5, 6, 7, 8])('a photo of orientation %i is shown upright', async (orientation) => {
  const photoId = await rendered(await oriented(orientation));
  expect(await room.photoOf(photoId)).toMatchObject({ width: 120, height: 80 });
  for (const name of ['small', 'medium', 'large'] as const)
    expect(distance(await cornersOf(await room.rendition(photoId, name)), corners)).toBeLessThan(12);
});

const colours: { name: string; make: () => Promise<Buffer>; tolerance: number }[] = [
  { name: 'Display P3', make: () => picture().withIccProfile('p3').jpeg({ quality: 95 }).toBuffer(), tolerance: 8 },
  {
    name: 'sRGB by profile',
    make: () => picture().withIccProfile('srgb').jpeg({ quality: 95 }).toBuffer(),
    tolerance: 8,
  },
  // Ink reaches less than light does: the colours come back duller.
  { name: 'CMYK', make: () => picture().toColourspace('cmyk').jpeg({ quality: 95 }).toBuffer(), tolerance: 75 },
  { name: 'PNG of 16 bits', make: () => picture().toColourspace('rgb16').png().toBuffer(), tolerance: 8 },
  { name: 'WebP', make: () => picture().webp({ quality: 95 }).toBuffer(), tolerance: 12 },
  { name: 'AVIF', make: () => picture().avif({ quality: 90, effort: 0 }).toBuffer(), tolerance: 12 },
];
test.each(colours)('$name keeps its colours', async ({ make, tolerance }) => {
  const photoId = await rendered(await make());
  await expectRenditions(photoId);
  expect(distance(await cornersOf(await room.rendition(photoId, 'large')), corners)).toBeLessThan(tolerance);
});

test('a picture in grey is rendered', async () => {
  await expectRenditions(await rendered(await picture().greyscale().jpeg().toBuffer()));
});

test('what is transparent stays so', async () => {
  const photoId = await rendered(await picture().ensureAlpha(0.5).png().toBuffer());
  const { data } = await sharp(await room.rendition(photoId, 'small'))
    .raw()
    .toBuffer({ resolveWithObject: true });
  expect(Math.abs((data[3] ?? 0) - 128)).toBeLessThan(3);
});

test('a photo tells when it was taken, and its renditions tell nothing', async () => {
  const original = await talkative();
  const told = await sharp(original).metadata();
  expect([told.exif, told.icc, told.xmp].every(Boolean)).toBe(true);
  expect(told.exif?.includes('12345')).toBe(true);
  const photoId = await rendered(original);
  expect((await room.photoOf(photoId)).takenAt?.toISOString()).toBe('2026-06-01T05:30:00.250Z');
  await expectRenditions(photoId);
});

test('an event that offers copies at full size has one of each photo: smaller, telling nothing', async () => {
  const { database, eventId } = room.event;
  await database.query('update events set web_originals = true where event_id = $1', [eventId]);
  const original = await talkative();
  const photoId = await rendered(original);
  await database.query('update events set web_originals = false where event_id = $1', [eventId]);
  const copy = await room.rendition(photoId, 'web');
  const found = await sharp(copy).metadata();
  const { width, height } = await room.photoOf(photoId);
  expect(found).toMatchObject({ format: 'jpeg', width, height, space: 'srgb' });
  expect([found.exif, found.icc, found.xmp, found.iptc]).toEqual(Array(4).fill(undefined));
  const [row] = await database.query('select compression_stats as stats from photos where photo_id = $1', [photoId]);
  expect(row).toEqual({ stats: { before: original.length, after: copy.length } });
});

test('a truncated photo shows what there is of it and says that it is damaged', async () => {
  const whole = await noisy(800);
  const photoId = await rendered(whole.subarray(0, Math.floor(whole.length * 0.6)));
  expect((await room.entriesOf(photoId)).at(-1)?.data).toMatchObject({ damaged: true, width: 800 });
});

const undecodable: { name: string; make: () => Promise<Buffer> }[] = [
  { name: 'text named as a photo', make: async () => Buffer.from('Dear guests, this is not a photo.') },
  { name: 'a JPEG of which only the start is one', make: async () => (await noisy(200)).subarray(0, 100) },
  { name: 'an SVG', make: async () => Buffer.from('<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>') },
  { name: 'a TIFF', make: () => picture().tiff().toBuffer() },
  { name: 'a GIF', make: () => picture().gif().toBuffer() },
];
test.each(undecodable)('$name ends failed, visibly, and nothing else is disturbed', async ({ make }) => {
  const before = await count();
  const photoId = await develop(await make(), { sha256: true });
  await room.untilState(photoId, 'failed');
  expect(await room.photoOf(photoId)).toMatchObject({ error: { class: 'invalid' }, verifiedAt: expect.any(Date) });
  expect(await typesOf(photoId)).toEqual(['photo.stored', 'photo.verified', 'photo.failed']);
  expect(await room.stageOf(photoId)).toMatchObject({ state: 'failed', class: 'invalid', attempts: 1 });
  expect(await count()).toBe(before);
});

test('a photo whose original is gone before it was rendered counts as one that is missing', async () => {
  const missing = async () => {
    const line = /^kilat_upload_reconciled_total\{what="missing"\} (\d+)$/m.exec(await target.metrics.metrics());
    return Number(line?.[1]);
  };
  const before = await missing();
  await room.untilState(await develop(await oriented(1), { stored: 'nothing' }), 'failed');
  await vi.waitFor(async () => expect((await missing()) - before).toBe(1));
});

test('a failed photo that is tried again under a new generation is rendered', async () => {
  const bytes = await oriented(1);
  const photoId = await develop(bytes, { stored: 'nothing' });
  await room.untilState(photoId, 'failed');
  expect((await room.photoOf(photoId)).error).toMatchObject({ class: 'invalid', code: 'photo_missing' });
  const key = `e/${room.event.eventId}/${photoId}/original-1`;
  await room.objects.put({ key, body: bytes, size: bytes.length, contentType: 'image/jpeg' });
  await retryPhoto(room.event.journal, room.event.eventId, photoId);
  await room.handOut(photoId, 2);
  await room.untilState(photoId, 'ready');
  expect(await room.photoOf(photoId)).toMatchObject({ version: 4, error: null });
  await expectRenditions(photoId);
});

describe('integrity', () => {
  test('an original that is what the client announced is verified', async () => {
    const photoId = await rendered(await oriented(1), { sha256: true });
    expect((await room.photoOf(photoId)).verifiedAt).toBeInstanceOf(Date);
    expect(await typesOf(photoId)).toEqual(['photo.stored', 'photo.verified', 'photo.previewed', 'photo.rendered']);
  });

  test('an original that is not what the client announced fails', async () => {
    const photoId = await develop(await oriented(1), { sha256: 'ab'.repeat(32) });
    await room.untilState(photoId, 'failed');
    expect(await room.photoOf(photoId)).toMatchObject({
      error: { class: 'invalid', code: 'hash_invalid' },
      verifiedAt: null,
    });
  });

  const damages = [
    { name: 'shorter than it was', damage: (bytes: Buffer) => bytes.subarray(0, bytes.length - 9) },
    { name: 'changed by a bit', damage: (bytes: Buffer) => Buffer.from(bytes).fill(0, bytes.length - 9) },
  ];
  test.each(damages)('an original that comes back $name is tried again, and its damage named', async ({ damage }) => {
    const bytes = await oriented(1);
    const photoId = await develop(bytes, { stored: damage(bytes) });
    const again = {
      state: 'due',
      generation: 2,
      attempts: 1,
      class: 'server',
      error: expect.stringMatching(/damaged/),
    };
    await vi.waitFor(async () => expect(await room.stageOf(photoId)).toMatchObject(again));
    expect((await room.photoOf(photoId)).state).toBe('stored');
  });
});

describe('once', () => {
  const decoders = createDecoders({ timeoutMs: 30_000, memoryBytes: 2 ** 30 }, silentLog());
  afterAll(() => decoders[Symbol.asyncDispose]());
  function thumbnailer() {
    const { database, journal } = room.event;
    const deps = { database, journal, objects: room.objects, decoders, folder: temporaryFolder() };
    const heard = { onRendered: () => {}, onMissing: () => {} };
    return createThumbnailer({ ...deps, tiff: false, xlarge: true, log: silentLog(), ...heard });
  }

  test('a photo that is delivered twice at once, and again later, changes once', async () => {
    const photoId = await room.store(await oriented(6), { sha256: true });
    const claim = { due: room.dueOf(photoId), attempts: 1 };
    const attempt = () => thumbnailer().attempt(claim, AbortSignal.timeout(patienceMs));
    await Promise.all([attempt(), attempt()]);
    await attempt();
    expect((await typesOf(photoId)).sort()).toEqual([
      'photo.previewed',
      'photo.rendered',
      'photo.stored',
      'photo.verified',
    ]);
    await expectRenditions(photoId);
  });

  test('work of an older generation comes to nothing', async () => {
    const photoId = await room.store(await oriented(1));
    await room.event.database.query('update stages set generation = 3 where photo_id = $1', [photoId]);
    await thumbnailer().attempt({ due: room.dueOf(photoId, 2), attempts: 1 }, AbortSignal.timeout(patienceMs));
    expect(await typesOf(photoId)).toEqual(['photo.stored']);
    expect(await room.photoOf(photoId)).toMatchObject({ state: 'stored', version: 0, renditions: [] });
  });

  test('a photo that is deleted while it is rendered does not come back', async () => {
    const photoId = await room.store(await oriented(1));
    const { database } = room.event;
    await database.query(`update photos set state = 'deleted' where photo_id = $1`, [photoId]);
    await expect(
      thumbnailer().attempt({ due: room.dueOf(photoId), attempts: 1 }, AbortSignal.timeout(patienceMs)),
    ).rejects.toMatchObject({ kind: 'missing' });
    const record = createRecord(room.event.journal);
    const failure = { state: 'failed', class: 'invalid', error: 'planned', code: 'invalid' } as const;
    expect(await record.failed(room.dueOf(photoId), failure)).toBe(false);
    expect(await typesOf(photoId)).toEqual(['photo.stored']);
    expect((await room.photoOf(photoId)).state).toBe('deleted');
  });

  test('a photo under whose work every process died ends failed', async () => {
    const photoId = await room.store(await oriented(1));
    await room.event.database.query('update stages set attempts = 6 where photo_id = $1', [photoId]);
    await room.handOut(photoId);
    await room.untilState(photoId, 'failed');
    expect((await room.photoOf(photoId)).error).toMatchObject({ class: 'unknown' });
  });
});

// Of this process: the target runs in it.
function decoderPids(): number[] {
  const children = readFileSync(`/proc/self/task/${process.pid}/children`, 'utf8').trim().split(' ').filter(Boolean);
  return children
    .map(Number)
    .filter((pid) => readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('decoder/child.ts'));
}

test.runIf(process.platform === 'linux')('decoders that are killed at any moment lose and double nothing', async () => {
  const photo = await noisy(2_500);
  const photoIds = await Promise.all(Array.from({ length: 5 }, () => develop(photo)));
  for (let kills = 0; kills < 4; kills++) {
    await setTimeout(40 * kills);
    // No decoder is no number: 0 would be this process and all of its group.
    await vi.waitFor(() => process.kill(decoderPids()[0] ?? Number.NaN, 'SIGKILL'), { interval: 5 });
  }
  const handOutAgain = async () => {
    const sql = `select photo_id as "photoId", generation from stages where state = 'due' and next_attempt_at <= now()`;
    const due = await room.event.database.query<{ photoId: string; generation: number }>(sql);
    for (const { photoId, generation } of due) await room.handOut(photoId, generation);
  };
  for (const photoId of photoIds) {
    await vi.waitFor(
      async () => {
        await handOutAgain();
        expect((await room.photoOf(photoId)).state).toBe('ready');
      },
      { interval: 200 },
    );
    expect((await typesOf(photoId)).filter((type) => type === 'photo.rendered').length).toBe(1);
    await expectRenditions(photoId);
  }
});

test('while the object storage is away, work waits and costs no attempt', async () => {
  await using other = await openDarkroom();
  await using _away = await startTarget(main, { ...other.env, S3_ENDPOINT: 'http://127.0.0.1:9' });
  const photoId = await other.store(await oriented(1));
  await other.handOut(photoId);
  const waiting = { state: 'due', generation: 2, attempts: 0, class: 'network' };
  await vi.waitFor(async () => expect(await other.stageOf(photoId)).toMatchObject(waiting));
  expect((await other.photoOf(photoId)).state).toBe('stored');
});

test("an original that does not come from a storage that answers is one photo's trouble, with a last attempt", async () => {
  const photoId = await room.store(await oriented(1));
  await using desk = await openDesk(temporaryFolder());
  const signal = AbortSignal.timeout(patienceMs);
  const get = () => Promise.reject(new Fault('unavailable', 'planned'));
  const facts = await readFacts(room.event.database, room.dueOf(photoId));
  const read = (objects: Partial<Objects>) =>
    fetchOriginal({ ...room.objects, get, ...objects }, room.dueOf(photoId), facts, desk.original, signal);
  await expect(read({})).rejects.toMatchObject({ kind: 'internal', class: 'server' });
  await expect(read({ probe: () => Promise.resolve('away') })).rejects.toMatchObject({ kind: 'unavailable' });
});

test('a target that is told to stop ends the photo that it has in hand', async () => {
  await using other = await openDarkroom();
  const leaving = await startTarget(main, other.env);
  const photoId = await other.store(await noisy(2_500));
  await other.handOut(photoId);
  await vi.waitFor(async () => expect(await other.stageOf(photoId)).toMatchObject({ attempts: 1 }), { interval: 5 });
  await leaving.stop();
  expect((await other.photoOf(photoId)).state).toBe('ready');
});

const folder = process.env.KILAT_TEST_PHOTOS;
test.runIf(folder)('real photos are rendered', async () => {
  const names = (await readdir(folder ?? '')).filter((name) => /\.jpe?g$/i.test(name));
  expect(names.length).toBeGreaterThan(0);
  for (const name of names) {
    const bytes = await readFile(join(folder ?? '', name));
    const photoId = await rendered(bytes, { sha256: true });
    const { autoOrient } = await sharp(bytes).metadata();
    expect(await room.photoOf(photoId), name).toMatchObject(autoOrient);
    expect((await room.photoOf(photoId)).takenAt, name).toBeInstanceOf(Date);
    await expectRenditions(photoId);
  }
});
