import type { Frame, PhotoView } from '@kilat/contract';
import { expect, test } from 'vitest';
import { follows, merge, read, tilesOf } from './order.ts';

const epoch = 'a7db5298-1025-43a1-8b51-7e3313b9645d';
const photo = (n: number, state: PhotoView['state'] = 'stored'): PhotoView => ({
  photo_id: `0192b0e2-0000-7000-8000-00000000000${n}`,
  stored_seq: n,
  state,
  width: 3,
  height: 2,
  thumbhash: null,
  version: 0,
  renditions: [],
  taken_at: null,
  stored_at: '2026-01-01T00:00:00.000Z',
  album_id: null,
  caption: null,
  uploader_name: null,
});
const frame: Frame = {
  epoch,
  from: 4,
  to: 7,
  entries: [
    { seq: 5, type: 'photo.stored', photo_id: photo(5).photo_id, photo: photo(5) },
    { seq: 6, type: 'photo.rendered', photo_id: photo(5).photo_id, photo: photo(5, 'ready') },
    { seq: 7, type: 'photo.hidden', photo_id: photo(1).photo_id, photo: null },
  ],
};

test('applies a frame: the newest first, the latest view of each, what is gone removed', () => {
  const { changed, removed, cursor } = read(frame);
  const merged = merge([photo(2), photo(1)], changed, removed);
  expect(merged.map(({ stored_seq, state }) => [stored_seq, state])).toEqual([
    [5, 'ready'],
    [2, 'stored'],
  ]);
  expect(cursor).toEqual({ epoch, seq: 7 });
});

function ofPair(n: number, tile: number, state?: PhotoView['state']): PhotoView {
  const file = { file_name: 'A', content_type: null, size: 1, sha256: null, verified_at: null, error: null };
  return { ...photo(n, state), details: { ...file, pair_id: photo(tile).photo_id } };
}
const pairs: { name: string; photos: PhotoView[]; want: number[] }[] = [
  { name: 'a pair is one tile', photos: [ofPair(3, 2), ofPair(2, 2), photo(1)], want: [2, 1] },
  {
    name: 'a raw photo whose tile failed is one by itself',
    photos: [ofPair(3, 2), ofPair(2, 2, 'failed')],
    want: [3, 2],
  },
  { name: 'a raw photo whose tile is not there is one by itself', photos: [ofPair(3, 2), photo(1)], want: [3, 1] },
];
test.each(pairs)('$name', ({ photos, want }) => {
  expect(tilesOf(photos).map(({ stored_seq }) => stored_seq)).toEqual(want);
});

const cursors = [
  { name: 'right behind it', cursor: `${epoch}.4`, want: true },
  { name: 'behind a hole', cursor: `${epoch}.3`, want: false },
  { name: 'beyond it', cursor: `${epoch}.7`, want: false },
  { name: 'of another epoch', cursor: '00000000-0000-4000-8000-000000000000.4', want: false },
];
test.each(cursors)('a frame follows a cursor $name: $want', ({ cursor, want }) => {
  expect(follows(cursor, frame)).toBe(want);
});
