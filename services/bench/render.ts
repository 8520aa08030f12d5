import { type Compared, type Comparison, compare, ratio, sumOf } from './compare.ts';
import { halfDecode, peers } from './peers.ts';
import type { Recipe } from './recipe.ts';

const ours = 'ours: 320, 800 and 1,600 WebP';
const floor = 'the floor: djpeg at half of the size, our encoders alone';
const half = 'djpeg at half of the size';
const encoders = 'our encoders alone';

const avif = 'medium as AVIF, effort 0, alone';
const withAvif = 'ours, and medium as AVIF';

const extras: Recipe[] = [
  { name: avif, work: 'avif' },
  { name: 'thumbhash, perceptual hash and measures alone', work: 'measures' },
  { name: 'ours, and 2,560 WebP', work: 'largest' },
  { name: 'all that the target does without 2,560, in its confined process', work: 'target' },
  { name: 'all that the target does', work: 'target-largest' },
];

/** Compares the CPU time of making three renditions: ours, other programs', the least that is possible. */
export async function benchRender(options: Omit<Comparison, 'recipes'>): Promise<Compared> {
  const recipes: Recipe[] = [
    { name: ours, work: 'ours' },
    await halfDecode(),
    { name: encoders, work: 'encoders' },
    ...(await peers()),
    ...extras,
  ];
  const measured = await compare({ ...options, recipes });
  const byName = (name: string) => measured.find((row) => row.name === name);
  const sums = [sumOf(floor, [byName(half), byName(encoders)]), sumOf(withAvif, [byName(ours), byName(avif)])];
  const rows = [...measured.slice(0, 1), ...sums, ...measured.slice(1)];
  const [vips, naive] = ['vipsthumbnail chain, effort 4', 'five sharp pipelines, effort 4'];
  const verdict = (to: string, bound: number) => ({ what: `ours ÷ ${to}`, ratio: ratio(rows, ours, to), bound });
  return { rows, verdicts: [verdict(floor, 1.5), verdict(vips, 0.45), verdict(naive, 0.35)], beside: ours, floor };
}
