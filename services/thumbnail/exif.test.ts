import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import sharp from 'sharp';
import { expect, test } from 'vitest';
import { cleanExif, type Exif, readExif } from './exif.ts';
import { exifBlock, type TestTags } from './exiftest.ts';
import { talkative } from './phototest.ts';

const [make, model, taken, subSeconds, serial, lensSpecification, lensModel] = [
  0x010f, 0x0110, 0x9003, 0x9291, 0xa431, 0xa432, 0xa434,
];
const [exposure, aperture, iso, isoSpeed, focal] = [0x829a, 0x829d, 0x8827, 0x8833, 0x920a];
const [latitudeRef, latitude, longitudeRef, longitude, gpsTime, gpsDay] = [1, 2, 3, 4, 7, 29];

function read(tags: TestTags): Exif {
  return readExif(exifBlock(tags));
}

test('reads all that a camera tells', () => {
  const told = read({
    image: [
      [make, 'NIKON CORPORATION'],
      [model, 'NIKON D90  '],
    ],
    photo: [
      [taken, '2026:06:01 12:30:00'],
      [subSeconds, '25'],
      [serial, '12345'],
      [lensModel, '18.0-105.0 mm f/3.5-5.6'],
      [exposure, [[10, 2_500]]],
      [aperture, [[56, 10]]],
      [iso, [400]],
      [focal, [[550, 10]]],
    ],
    gps: [
      [latitudeRef, 'S'],
      [
        latitude,
        [
          [8, 1],
          [30, 1],
          [36, 1],
        ],
      ],
      [longitudeRef, 'E'],
      [
        longitude,
        [
          [115, 1],
          [15, 1],
          [0, 1],
        ],
      ],
      [gpsDay, '2026:06:01'],
      [
        gpsTime,
        [
          [4, 1],
          [31, 1],
          [0, 1],
        ],
      ],
    ],
  });
  expect(told).toEqual({
    takenAt: new Date('2026-06-01T04:30:00.250Z'),
    takenOffsetMinutes: 480,
    cameraMake: 'NIKON',
    cameraModel: 'D90',
    cameraSerial: '12345',
    lens: '18.0-105.0 mm f/3.5-5.6',
    exposureSeconds: 0.004,
    fNumber: 5.6,
    iso: 400,
    focalLengthMm: 55,
    latitude: -8.51,
    longitude: 115.25,
  });
});

test('reads what an encoder of another make has written', async () => {
  const { exif } = await sharp(await talkative()).metadata();
  expect(readExif(exif)).toMatchObject({
    ...{ takenAt: new Date('2026-06-01T05:30:00.250Z'), takenOffsetMinutes: 420 },
    ...{ cameraMake: 'Camera', cameraSerial: '12345', latitude: -8.5, longitude: 115.25 },
  });
});

const cameras: { told: [string, string]; want: [string, string] }[] = [
  { told: ['Canon', 'Canon EOS 5D'], want: ['Canon', 'EOS 5D'] },
  { told: ['LEICA CAMERA AG', 'LEICA T (Typ 701)'], want: ['LEICA', 'T (Typ 701)'] },
  { told: ['Panasonic', 'DMC-LX7'], want: ['Panasonic', 'DMC-LX7'] },
  { told: ['Apple', 'Apple'], want: ['Apple', 'Apple'] },
];
test.each(cameras)('does not double the make of $told', ({ told: [cameraMake, cameraModel], want }) => {
  const once = cleanExif({ cameraMake, cameraModel });
  expect([once.cameraMake, once.cameraModel]).toEqual(want);
  expect(cleanExif(once)).toEqual(once);
});

test('takes the newer tag where 16 bits do not hold the sensitivity', () => {
  expect(
    read({
      photo: [
        [iso, [65_535]],
        [isoSpeed, [102_400]],
      ],
    }).iso,
  ).toBe(102_400);
});

const places: { name: string; place: Exif }[] = [
  { name: 'beyond a pole', place: { latitude: 91, longitude: 115 } },
  { name: 'beyond the date line', place: { latitude: 8, longitude: -180.1 } },
  { name: 'at 0, 0', place: { latitude: 0, longitude: 0 } },
  { name: 'of half', place: { latitude: 8 } },
  { name: 'of no number', place: { latitude: Number.NaN, longitude: Number.NEGATIVE_INFINITY } },
];
test.each(places)('knows no place $name', ({ place }) => {
  expect(cleanExif({ cameraMake: 'Camera', ...place })).toEqual({ cameraMake: 'Camera' });
});

test('names the lens by what it can where the camera does not', () => {
  const told = [
    [18, 1],
    [55, 1],
    [35, 10],
    [56, 10],
  ] satisfies [number, number][];
  expect(
    read({
      photo: [
        [lensModel, '----'],
        [lensSpecification, told],
      ],
    }).lens,
  ).toBe('18-55 mm f/3.5-5.6');
});

const noNumbers = [
  [0, 1],
  [1, 0],
  [0, 0],
] as const;
test.each(noNumbers)('takes %i/%i for no exposure', (above, below) => {
  const photo: TestTags['photo'] = [exposure, aperture, focal].map((tag) => [tag, [[above, below]]]);
  expect(read({ photo })).toEqual({});
});

test('a clock that was never set tells no time', () => {
  expect(read({ photo: [[taken, '0000:00:00 00:00:00']] })).toEqual({});
});

// Read by a reader that copies each value, it ends the process.
test('a block whose tags all claim the whole of it tells nothing', () => {
  const image = Array.from({ length: 5_000 }, (_, n): [number, number[]] => [n + 1_000, [n, n]]);
  const block = exifBlock({ image });
  for (let n = 0; n < 5_000; n++) block.writeUInt32LE(0xffffffff, 6 + 8 + 2 + n * 12 + 4);
  expect(readExif(block)).toEqual({});
});

const whole = exifBlock({
  image: [
    [make, 'Camera'],
    [model, 'One'],
  ],
  photo: [
    [taken, '2026:06:01 12:30:00'],
    [exposure, [[1, 250]]],
  ],
  gps: [
    [latitudeRef, 'S'],
    [
      latitude,
      [
        [8, 1],
        [30, 1],
        [0, 1],
      ],
    ],
  ],
});

test('never throws, whatever a block is', () => {
  const flips = fc.array(fc.tuple(fc.nat(whole.length - 1), fc.nat(255)), { maxLength: 20 });
  const damaged = fc.tuple(flips, fc.nat(whole.length)).map(([changes, length]) => {
    const block = Buffer.from(whole);
    for (const [at, byte] of changes) block[at] = byte;
    return block.subarray(0, length);
  });
  const rubbish = fc.uint8Array({ maxLength: 500 }).map((bytes) => Buffer.from(bytes));
  const headed = rubbish.map((bytes) => Buffer.concat([whole.subarray(0, 14), bytes]));
  fc.assert(fc.property(fc.oneof(damaged, headed, rubbish), expectClean), { numRuns: 5_000 });
});

test('cleans whatever it is given, once and for all', () => {
  const text = fc.array(fc.nat(0xffff), { maxLength: 300 }).map((units) => String.fromCharCode(...units));
  const exif = fc.record(
    {
      takenAt: fc.date({ noInvalidDate: false }),
      ...{ takenOffsetMinutes: fc.double(), cameraMake: text, cameraModel: text, cameraSerial: text, lens: text },
      ...{ exposureSeconds: fc.double(), fNumber: fc.double(), iso: fc.double(), focalLengthMm: fc.double() },
      ...{ latitude: fc.double(), longitude: fc.double() },
    },
    { requiredKeys: [] },
  );
  fc.assert(
    fc.property(exif, (told) => {
      const once = cleanExif(told);
      expectAllowed(once);
      expect(cleanExif(once)).toEqual(once);
    }),
  );
});

function expectClean(block: Buffer): void {
  expectAllowed(readExif(block));
}

function expectAllowed(exif: Exif): void {
  for (const value of Object.values(exif)) {
    if (typeof value === 'number') expect(Number.isFinite(value)).toBe(true);
    if (typeof value === 'string')
      expect([value.length > 0, value.length <= 200, /\p{Cc}|\p{Cs}/u.test(value)]).toEqual([true, true, false]);
    if (value instanceof Date) expect(value.getUTCFullYear()).toBeGreaterThan(1900);
  }
}

const folder = process.env.KILAT_TEST_PHOTOS;
const known: { file: string; want: Exif }[] = [
  {
    file: 'iphone-6-plus.jpg',
    want: {
      takenAt: new Date('2014-10-31T13:32:37.539Z'),
      ...{ takenOffsetMinutes: 0, cameraMake: 'Apple', cameraModel: 'iPhone 6 Plus' },
      ...{ lens: 'iPhone 6 Plus back camera 4.15mm f/2.2', fNumber: 2.2, iso: 32, focalLengthMm: 4.15 },
      ...{ latitude: expect.closeTo(51.48299, 4), longitude: expect.closeTo(-3.18534, 4) },
    },
  },
  { file: 'leica-t.jpg', want: { cameraMake: 'LEICA', cameraModel: 'T (Typ 701)', exposureSeconds: 0.02 } },
  { file: 'nikon-d3100.jpg', want: { takenAt: new Date('2010-12-02T13:18:23.900Z'), cameraModel: 'D3100', iso: 400 } },
];
test.runIf(folder).each(known)('reads $file', async ({ file, want }) => {
  const { exif } = await sharp(readFileSync(join(folder ?? '', file))).metadata();
  expect(readExif(exif)).toMatchObject(want);
});
