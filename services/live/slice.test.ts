import type { Frame } from '@kilat/contract';
import { expect, test } from 'vitest';
import { sliceAfter } from './slice.ts';

const frame: Frame = {
  epoch: 'a7db5298-1025-43a1-8b51-7e3313b9645d',
  from: 4,
  to: 8,
  entries: [5, 7, 8].map((seq) => ({ seq, type: 'photo.stored' })),
};
const cases = [
  { name: 'the whole frame for who stands at its start', seq: 4, want: { from: 4, to: 8, seqs: [5, 7, 8] } },
  { name: 'the rest for who stands inside', seq: 6, want: { from: 6, to: 8, seqs: [7, 8] } },
  { name: 'nothing for who has seen it', seq: 8, want: undefined },
  { name: 'nothing for who has missed something before it', seq: 3, want: undefined },
];
test.each(cases)('gives $name', ({ seq, want }) => {
  const sliced = sliceAfter(frame, seq);
  const got = sliced && { from: sliced.from, to: sliced.to, seqs: sliced.entries.map((entry) => entry.seq) };
  expect(got).toEqual(want);
});
