import sharp from 'sharp';
import { corners, cornersOf, distance } from '../phototest.ts';
import { type Case, type Developed, renditionOf } from './casetest.ts';

type Check = NonNullable<Case['check']>;
type Colours = readonly (readonly number[])[];

/** Checks every rendition's four corners; the tolerance is in levels of one channel of sRGB. */
export function shows(tolerance: number, colours: Colours = corners): Check {
  return (photo) => looksLike(photo, tolerance, colours);
}

/** Checks that a picture's transparency is kept, and its colours with it; the compressed copy, a JPEG, has none. */
export function showsSeeThrough(alpha: number): Check {
  return async (photo) => {
    const renditions = new Map([...photo.renditions].filter(([name]) => name !== 'web'));
    await looksLike({ ...photo, renditions }, 8, corners);
    const { data } = await sharp(renditionOf(photo))
      .ensureAlpha()
      .extractChannel(3)
      .raw()
      .toBuffer({ resolveWithObject: true });
    if (data.some((level) => Math.abs(level - alpha) > 3)) throw new Error(`alpha is not ${alpha}: ${data[0]}`);
  };
}

async function looksLike({ renditions }: Developed, tolerance: number, colours: Colours): Promise<void> {
  for (const [name, bytes] of renditions) {
    const found = await cornersOf(bytes);
    const off = distance(colours, found);
    if (!(off <= tolerance)) throw new Error(`${name} is ${off} levels off: ${JSON.stringify(found)}`);
  }
}
