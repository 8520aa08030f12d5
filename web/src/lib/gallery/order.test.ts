import type { Frame, PhotoView } from '@kilat/contract';
import { expect, test } from 'vitest';
import { follows, merge, read } from './order.ts';

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

const cursors = [
  { name: 'right behind it', cursor: `${epoch}.4`, want: true },
  { name: 'behind a hole', cursor: `${epoch}.3`, want: false },
  { name: 'beyond it', cursor: `${epoch}.7`, want: false },
  { name: 'of another epoch', cursor: '00000000-0000-4000-8000-000000000000.4', want: false },
];
test.each(cursors)('a frame follows a cursor $name: $want', ({ cursor, want }) => {
  expect(follows(cursor, frame)).toBe(want);
});
