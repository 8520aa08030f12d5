import sharp, { type Sharp } from 'sharp';

const [width, height] = [120, 80];

/** Gives the colours of a test picture's corners: top left, top right, bottom left, bottom right. */
export const corners = [
  [200, 40, 40],
  [40, 160, 40],
  [40, 40, 200],
  [210, 200, 40],
] as const;

/** Makes an upright picture, 120 by 80, of four rectangles. */
export function picture(): Sharp {
  const data = Buffer.alloc(width * height * 3);
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++) {
      const corner = corners[(y < height / 2 ? 0 : 2) + (x < width / 2 ? 0 : 1)] ?? corners[0];
      data.set(corner, (y * width + x) * 3);
    }
  return sharp(data, { raw: { width, height, channels: 3 } });
}

// How a camera held that way stores an upright picture: what the orientation asks a viewer to do, undone.
const stored: Record<number, (upright: Sharp) => Promise<Sharp>> = {
  1: async (upright) => upright,
  2: async (upright) => upright.flop(),
  3: async (upright) => upright.rotate(180),
  4: async (upright) => upright.flip(),
  5: async (upright) => (await settled(upright.rotate(90))).flop(),
  6: async (upright) => upright.rotate(270),
  7: async (upright) => (await settled(upright.rotate(270))).flop(),
  8: async (upright) => upright.rotate(90),
};

async function settled(pipeline: Sharp): Promise<Sharp> {
  return sharp(await pipeline.png().toBuffer());
}

/** Makes the test picture as a JPEG that a camera stored in one of the eight orientations. */
export async function oriented(orientation: number): Promise<Buffer> {
  const pipeline = await stored[orientation]?.(picture());
  if (pipeline === undefined) throw new Error(`no orientation ${orientation}`);
  return (await settled(pipeline)).withMetadata({ orientation }).jpeg({ quality: 95 }).toBuffer();
}

/** Makes a JPEG that tells all a camera tells: who, where, when, with what, in which colours. */
export function talkative(): Promise<Buffer> {
  return picture()
    .withIccProfile('srgb')
    .withExifMerge({
      IFD0: { Make: 'Camera', Artist: 'Somebody', Copyright: 'Somebody' },
      IFD2: {
        DateTimeOriginal: '2026:06:01 12:30:00',
        OffsetTimeOriginal: '+07:00',
        SubSecTimeOriginal: '25',
        BodySerialNumber: '12345',
      },
      IFD3: { GPSLatitudeRef: 'S', GPSLatitude: '8/1 30/1 0/1', GPSLongitudeRef: 'E', GPSLongitude: '115/1 15/1 0/1' },
    })
    .withXmp(
      '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"/></x:xmpmeta>',
    )
    .jpeg({ quality: 95 })
    .toBuffer();
}

/** Makes a JPEG of noise, so large that decoding takes its time. */
export function noisy(edge: number): Promise<Buffer> {
  const noise = { type: 'gaussian', mean: 120, sigma: 40 } as const;
  return sharp({ create: { width: edge, height: edge, channels: 3, background: '#777', noise } })
    .jpeg({ quality: 90 })
    .toBuffer();
}

/** Reads the colours in the middle of a picture's four corners. */
export async function cornersOf(bytes: Buffer): Promise<number[][]> {
  const { data, info } = await sharp(bytes).removeAlpha().raw().toBuffer({ resolveWithObject: true });
  const at = (x: number, y: number) => {
    const offset = (Math.floor(y * info.height) * info.width + Math.floor(x * info.width)) * info.channels;
    return [...data.subarray(offset, offset + 3)];
  };
  return [at(0.25, 0.25), at(0.75, 0.25), at(0.25, 0.75), at(0.75, 0.75)];
}

/** Tells how far two lists of colours are apart at most, in levels of one channel. */
export function distance(some: readonly (readonly number[])[], others: readonly (readonly number[])[]): number {
  const levels = some.flatMap((colour, i) =>
    colour.map((level, j) => Math.abs(level - (others[i]?.[j] ?? Number.NaN))),
  );
  return Math.max(...levels);
}
