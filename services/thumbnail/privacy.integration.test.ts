import sharp, { type Sharp } from 'sharp';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { readAfter } from '#internal/frames/frame.ts';
import { readEntries, readHead } from '#internal/journal/journal.ts';
import { readAnswer } from '#internal/photos/answer.ts';
import { readPage } from '#internal/photos/page.ts';
import { startTarget, type TestTarget } from '#internal/process/processtest.ts';
import { main } from './main.ts';
import { picture } from './phototest.ts';
import { type Darkroom, openDarkroom } from './thumbnailtest.ts';

const secrets = { serial: 'KL-7731-BODY', lensSerial: 'KL-7732-LENS', artist: 'Putu Photographer' };
const place = { latitude: -8.51, longitude: 115.26 };
const traces = /KL-773|Putu|-8\.51|115\.26|latitude|longitude|serial/i;
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

function revealing(): Sharp {
  return picture().withExif({
    IFD0: { Make: 'Camera', Artist: secrets.artist, Copyright: secrets.artist },
    IFD2: {
      DateTimeOriginal: '2026:06:01 12:30:00',
      BodySerialNumber: secrets.serial,
      LensSerialNumber: secrets.lensSerial,
      CameraOwnerName: secrets.artist,
    },
    IFD3: {
      ...{ GPSLatitudeRef: 'S', GPSLatitude: '8/1 30/1 36/1' },
      ...{ GPSLongitudeRef: 'E', GPSLongitude: '115/1 15/1 36/1' },
    },
  });
}

const formats: { name: string; encode: (revealing: Sharp) => Promise<Buffer> }[] = [
  { name: 'JPEG', encode: (revealing) => revealing.jpeg().toBuffer() },
  { name: 'PNG', encode: (revealing) => revealing.png().toBuffer() },
  { name: 'WebP', encode: (revealing) => revealing.webp().toBuffer() },
  { name: 'AVIF', encode: (revealing) => revealing.avif({ effort: 0 }).toBuffer() },
];
test.each(formats)('what is made of a $name tells neither place, serial numbers nor names', async ({ encode }) => {
  const original = await encode(revealing());
  expect(original.includes(secrets.serial)).toBe(true);
  const photoId = await room.store(original);
  await room.handOut(photoId);
  await room.untilState(photoId, 'ready');
  const { database, eventId } = room.event;
  const known = await readAnswer(database, { eventId, photoId, audience: 'team', place: true });
  expect([known?.camera_serial, known?.location]).toEqual([secrets.serial, place]);
  await expectSilence(photoId);
  expect(JSON.stringify(await everythingShown())).not.toMatch(traces);
});

async function expectSilence(photoId: string): Promise<void> {
  const { renditions } = await room.photoOf(photoId);
  expect(renditions.length).toBeGreaterThan(2);
  for (const name of renditions) {
    const bytes = await room.rendition(photoId, name);
    const { exif, xmp, iptc } = await sharp(bytes).metadata();
    expect([exif, xmp, iptc]).toEqual([undefined, undefined, undefined]);
    for (const secret of [...Object.values(secrets), 'Exif', 'GPS']) expect(bytes.includes(secret), secret).toBe(false);
  }
}

// The journal, and what pages and frames make of it, for guests and for the team.
async function everythingShown(): Promise<unknown[]> {
  const { database, eventId } = room.event;
  const epoch = (await readHead(database, eventId))?.epoch ?? '';
  const shown: unknown[] = [await readEntries(database, eventId, 0, 1_000)];
  for (const audience of ['guest', 'team'] as const) {
    const followed = await readAfter(database, eventId, audience, { epoch, seq: 0 });
    expect(followed?.frame?.entries.length).toBeGreaterThan(2);
    shown.push(followed, await readPage(database, { eventId, audience, before: undefined, limit: 200 }));
  }
  return shown;
}
