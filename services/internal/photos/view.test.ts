import { expect, test } from 'vitest';
import { type Audience, type PhotoRow, viewOf } from './view.ts';

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
  error: null,
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

test('keeps file names and sizes from guests', () => {
  expect(JSON.stringify(viewOf(row, 'guest'))).not.toMatch(/DSC_0001|details/);
});
