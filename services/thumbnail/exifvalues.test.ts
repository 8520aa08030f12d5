import { expect, test } from 'vitest';
import { angleOf, lensOf, positiveOf, textOf } from './exifvalues.ts';

const no = Number.NaN;
const lenses: { name: string; told: unknown; want: string | undefined }[] = [
  { name: 'a zoom', told: [18, 55, 3.5, 5.6], want: '18-55 mm f/3.5-5.6' },
  { name: 'a zoom of one aperture', told: [24, 70, 2.8, 2.8], want: '24-70 mm f/2.8' },
  { name: 'a fixed lens', told: [50, 50, 1.8, 1.8], want: '50 mm f/1.8' },
  { name: 'one whose apertures are not known', told: [85, 85, no, no], want: '85 mm' },
  { name: 'one of which nothing is known', told: [no, no, no, no], want: undefined },
  { name: 'none', told: 'EF 50mm', want: undefined },
];
test.each(lenses)('names a lens by what it can: $name', ({ told, want }) => {
  expect(lensOf(told)).toBe(want);
});

const angles: { name: string; parts: unknown; side: unknown; want: number | undefined }[] = [
  { name: 'north', parts: [8, 30, 36], side: 'N', want: 8.51 },
  { name: 'south', parts: [8, 30, 36], side: 'S', want: -8.51 },
  { name: 'minutes with decimals', parts: [51, 28.5, 0], side: 'N', want: 51.475 },
  { name: 'a small letter and a blank', parts: [1, 0, 0], side: 's ', want: -1 },
  { name: 'nothing without its hemisphere', parts: [8, 30, 0], side: undefined, want: undefined },
  { name: 'nothing of the other hemispheres', parts: [8, 30, 0], side: 'E', want: undefined },
  { name: 'nothing of broken fractions', parts: [no, no, no], side: 'N', want: undefined },
  { name: 'nothing of minus degrees', parts: [-8, 30, 0], side: 'N', want: undefined },
  { name: 'nothing of 61 minutes', parts: [8, 61, 0], side: 'N', want: undefined },
  { name: 'nothing of two parts', parts: [8, 30], side: 'N', want: undefined },
  { name: 'nothing of endless degrees', parts: [Number.POSITIVE_INFINITY, 0, 0], side: 'N', want: undefined },
];
test.each(angles)('reads an angle: $name', ({ parts, side, want }) => {
  expect(angleOf(parts, side, 'NS')).toBe(want);
});

const texts: { name: string; told: unknown; want: string | undefined }[] = [
  { name: 'blanks around and within', told: '  EOS   5D ', want: 'EOS 5D' },
  { name: 'control characters and turned lines', told: '\u0007Ca\u202Emera\n', want: 'Camera' },
  { name: 'what stands behind the end', told: 'One\0secret', want: 'One' },
  { name: 'other letters than ASCII', told: Buffer.from('カメラ\0'), want: 'カメラ' },
  { name: 'bytes that are no text', told: Buffer.from([0xff, 0xfe, 0x41]), want: 'A' },
  { name: 'dashes for nothing', told: '----', want: undefined },
  { name: 'a number', told: 7, want: undefined },
  { name: 'more than 200 characters', told: 'x'.repeat(5_000), want: 'x'.repeat(200) },
  { name: 'a cut through a character', told: `${'x'.repeat(199)}😀`, want: 'x'.repeat(199) },
];
test.each(texts)('reads a text: $name', ({ told, want }) => {
  expect(textOf(told)).toBe(want);
});

const numbers: [unknown, number | undefined][] = [
  [0.004, 0.004],
  [[400, 800], 400],
  [0, undefined],
  [-1, undefined],
  [no, undefined],
  [Number.POSITIVE_INFINITY, undefined],
  [1e-300, undefined],
  ['400', undefined],
];
test.each(numbers)('reads the number %j as %s', (told, want) => {
  expect(positiveOf(told, 1_000)).toBe(want);
});
