import type { PhotoDetails } from '@kilat/contract';
import { expect, test } from 'vitest';
import { takenWith } from './taken.ts';

const file: PhotoDetails = {
  file_name: 'DSC_0001.JPG',
  content_type: 'image/jpeg',
  size: 1,
  sha256: null,
  verified_at: null,
  error: null,
};
const cases: { name: string; told: Partial<PhotoDetails>; want: string }[] = [
  {
    name: 'all that a camera tells',
    told: {
      camera: 'Canon EOS 5D',
      lens: '50 mm f/1.8',
      exposure_seconds: 0.004,
      f_number: 2.8,
      iso: 400,
      focal_length_mm: 50,
    },
    want: 'Canon EOS 5D · 50 mm f/1.8 · 1/250 s · f/2.8 · ISO 400 · 50 mm',
  },
  { name: 'half a second', told: { exposure_seconds: 0.5, f_number: 11, iso: null }, want: '0.5 s · f/11' },
  { name: 'nothing of a file that tells nothing', told: { camera: null, iso: null }, want: '' },
  { name: 'nothing of a server that did not read it', told: {}, want: '' },
];
test.each(cases)('writes $name', ({ told, want }) => {
  expect(takenWith({ ...file, ...told })).toBe(want);
});
