import { expect, test } from 'vitest';
import { type Audience, type PhotoRow, photoColumns, viewOf } from './view.ts';

const row: PhotoRow = {
  photoId: '0192b0e2-0000-7000-8000-000000000001',
  state: 'ready',
  storedSeq: 7,
  fileName: 'DSC_0001.JPG',
  contentType: 'image/jpeg',
  caption: null,
  uploaderName: 'Ayu',
  albumId: null,
  size: 10,
  sha256: null,
  width: 3,
  height: 2,
  thumbhash: null,
  version: 1,
  renditions: ['small'],
  takenAt: null,
  storedAt: new Date(0),
  verifiedAt: null,
  hiddenAt: null,
  pairId: null,
  isBehind: false,
  error: null,
  cameraMake: 'Canon',
  cameraModel: 'EOS 5D',
  lens: '50 mm f/1.8',
  exposureSeconds: 0.004,
  fNumber: 2.8,
  iso: 400,
  focalLengthMm: 50,
  takenOffsetMinutes: 480,
  damaged: false,
  sharpness: 240,
  clippedShare: 0.01,
};
const cases: { name: string; change: Partial<PhotoRow>; audience: Audience; seen: boolean }[] = [
  { name: 'a guest sees a ready photo', change: {}, audience: 'guest', seen: true },
  {
    name: 'a guest sees a stored photo before it is rendered',
    change: { state: 'stored' },
    audience: 'guest',
    seen: true,
  },
  { name: 'a guest does not see a failed photo', change: { state: 'failed' }, audience: 'guest', seen: false },
  { name: 'a guest does not see a hidden photo', change: { hiddenAt: new Date() }, audience: 'guest', seen: false },
  {
    name: 'a guest does not see a raw photo behind its tile',
    change: { isBehind: true },
    audience: 'guest',
    seen: false,
  },
  { name: 'the team sees both photos of a pair', change: { isBehind: true }, audience: 'team', seen: true },
  {
    name: 'nobody sees an announced photo',
    change: { state: 'announced', storedSeq: null },
    audience: 'team',
    seen: false,
  },
  { name: 'nobody sees a deleted photo', change: { state: 'deleted' }, audience: 'team', seen: false },
  { name: 'the team sees a failed photo', change: { state: 'failed' }, audience: 'team', seen: true },
];
test.each(cases)('$name', ({ change, audience, seen }) => {
  expect(viewOf({ ...row, ...change }, audience) !== null).toBe(seen);
});

test('keeps file names, sizes and cameras from guests', () => {
  expect(JSON.stringify(viewOf(row, 'guest'))).not.toMatch(/DSC_0001|details|Canon|50 mm/);
});

test('tells the team how a photo was taken', () => {
  expect(viewOf(row, 'team')?.details).toMatchObject({
    camera: 'Canon EOS 5D',
    lens: '50 mm f/1.8',
    exposure_seconds: 0.004,
    f_number: 2.8,
    iso: 400,
    focal_length_mm: 50,
    taken_offset_minutes: 480,
    damaged: false,
    sharpness: 240,
    clipped_share: 0.01,
  });
  expect(viewOf({ ...row, cameraMake: null, cameraModel: null }, 'team')?.details?.camera).toBeNull();
});

test('reads neither serial numbers nor places for pages and frames', () => {
  expect(photoColumns).not.toMatch(/serial|latitude|longitude/);
});
