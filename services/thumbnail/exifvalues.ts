const mostCharacters = 200;
// Letters that steer a terminal or turn the direction of a line are no part of a name; nor is half of a character.
const unprintable = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\uFFFD]+/gu;

/** Reads a text of at most 200 characters, without control characters; undefined where it names nothing. */
export function textOf(value: unknown): string | undefined {
  const told = Buffer.isBuffer(value) ? value.toString('utf8') : value;
  if (typeof told !== 'string') return undefined;
  const [beforeNul = ''] = told.slice(0, 4 * mostCharacters).split('\0');
  const printable = beforeNul.replace(unprintable, '').replace(/\s+/g, ' ').trim();
  const cut = printable.slice(0, mostCharacters).replace(unprintable, '').trim();
  return /[\p{L}\p{N}]/u.test(cut) ? cut : undefined;
}

/** Reads a number above 0 and at most `most`; the first one where a file tells a list. */
export function positiveOf(value: unknown, most: number): number | undefined {
  const first: unknown = Array.isArray(value) ? value[0] : value;
  // Below a millionth it is a broken fraction, and some columns cannot hold it.
  return typeof first === 'number' && first > 1e-6 && first <= most ? first : undefined;
}

/** Reads degrees of at most `most` to either side; undefined where that is no number. */
export function degreesOf(value: unknown, most: number): number | undefined {
  return typeof value === 'number' && Math.abs(value) <= most ? value : undefined;
}

/** Computes degrees from [degrees, minutes, seconds]; the second letter of `sides` (as in NS) makes them negative. */
export function angleOf(parts: unknown, side: unknown, sides: string): number | undefined {
  const at = sides.indexOf(textOf(side)?.toUpperCase() ?? '?');
  if (at < 0 || !Array.isArray(parts) || parts.length !== 3) return undefined;
  const [degrees, minutes, seconds]: unknown[] = parts;
  if (!isPart(degrees, 180) || !isPart(minutes, 60) || !isPart(seconds, 60)) return undefined;
  const angle = degrees + minutes / 60 + seconds / 3_600;
  return at === 1 ? -angle : angle;
}

/** Names a lens by what it can, as `18-55 mm f/3.5-5.6`: its shortest and longest focal length and the apertures there. */
export function lensOf(specification: unknown): string | undefined {
  if (!Array.isArray(specification)) return undefined;
  const [shortest, longest, atShortest, atLongest] = specification.map((value) => positiveOf(value, 100_000));
  const length = spanOf(shortest, longest);
  if (length === undefined) return undefined;
  const aperture = spanOf(atShortest, atLongest);
  return aperture === undefined ? `${length} mm` : `${length} mm f/${aperture}`;
}

function isPart(part: unknown, most: number): part is number {
  return typeof part === 'number' && part >= 0 && part <= most;
}

function spanOf(from: number | undefined, to: number | undefined): string | undefined {
  const ends = [from, to].filter((end) => end !== undefined).map((end) => String(Math.round(end * 10) / 10));
  return ends.length === 0 ? undefined : [...new Set(ends)].join('-');
}
