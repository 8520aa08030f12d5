import { expect, test } from 'vitest';
import type { Exif } from './exif.ts';
import { exifOfTags, type Told } from './raw.ts';

const clock = { 'ExifIFD:DateTimeOriginal': '2026:06:01 12:30:00' };
const cases: { name: string; told: Told; want: Exif }[] = [
  { name: 'a clock alone as UTC', told: clock, want: { takenAt: new Date('2026-06-01T12:30:00Z') } },
  {
    name: 'a clock beside that of GPS',
    told: { ...clock, 'Composite:GPSDateTime': '2026:06:01 05:29:48Z' },
    want: { takenAt: new Date('2026-06-01T05:30:00Z'), takenOffsetMinutes: 420 },
  },
  {
    name: 'a clock that was never set as no time',
    told: { 'ExifIFD:DateTimeOriginal': '0000:00:00 00:00:00' },
    want: {},
  },
  {
    name: 'a serial number and hundredths that came as numbers',
    told: { ...clock, 'Nikon:SerialNumber': 6_012_345, 'ExifIFD:SubSecTimeOriginal': 70 },
    want: { cameraSerial: '6012345', takenAt: new Date('2026-06-01T12:30:00.700Z') },
  },
  {
    name: 'the lens that only exiftool knows',
    told: { 'Composite:LensID': 'AF Nikkor 50mm f/1.8' },
    want: { lens: 'AF Nikkor 50mm f/1.8' },
  },
  { name: 'a lens that exiftool does not know as none', told: { 'Composite:LensID': 'Unknown (118)' }, want: {} },
  {
    name: 'the main picture before the embedded one',
    told: { 'ExifIFD:ISO': 400, 'Nikon:ISO': 100 },
    want: { iso: 400 },
  },
  {
    name: 'nothing of texts where numbers belong',
    told: { 'ExifIFD:FNumber': 'undef', 'ExifIFD:ISO': 'inf' },
    want: {},
  },
  { name: 'nothing of nothing', told: { SourceFile: 'x', errors: [] }, want: {} },
];
test.each(cases)('reads $name', ({ told, want }) => {
  const known = Object.entries(exifOfTags(told)).filter(([, value]) => value !== undefined);
  expect(Object.fromEntries(known)).toEqual(want);
});
