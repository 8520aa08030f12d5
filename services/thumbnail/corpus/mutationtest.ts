import fc from 'fast-check';
import { heicOf } from '../heictest.ts';
import { picture } from '../phototest.ts';
import { rawOf } from '../rawtest.ts';

/** Makes a small file of each kind that decodes, by its name. */
export const seeds: Readonly<Record<string, () => Promise<Buffer>>> = {
  jpeg: () => picture().jpeg().toBuffer(),
  progressive: () => picture().jpeg({ progressive: true }).toBuffer(),
  png: () => picture().png().toBuffer(),
  palette: () => picture().png({ palette: true, progressive: true }).toBuffer(),
  webp: () => picture().webp().toBuffer(),
  lossless: () => picture().ensureAlpha(0.5).webp({ lossless: true }).toBuffer(),
  avif: () => picture().avif({ effort: 0 }).toBuffer(),
  heic: async () => heicOf({ columns: 2, rows: 1 }),
  nef: async () => rawOf('nef', { preview: await picture().jpeg().toBuffer() }),
  tiff: () => picture().tiff({ compression: 'lzw' }).toBuffer(),
};

type Mutation =
  | { does: 'turn'; at: number; with: number }
  | { does: 'write'; at: number; bytes: Uint8Array }
  | { does: 'insert'; at: number; bytes: Uint8Array }
  | { does: 'remove' | 'repeat'; at: number; length: number };

const at = fc.double({ min: 0, max: 1, noNaN: true });
const length = fc.integer({ min: 1, max: 64 });
// The numbers at which a length or an offset overflows, beside any other bytes.
const edges = [
  [0, 0, 0, 0],
  [255, 255, 255, 255],
  [127, 255, 255, 255],
  [128, 0, 0, 0],
  [0, 0, 0, 1],
  [255, 255],
];
const bytes = fc.oneof(
  fc.constantFrom(...edges.map((edge) => Uint8Array.from(edge))),
  fc.uint8Array({ minLength: 1, maxLength: 16 }),
);

/** Chooses what is done to a file: one to eight changes, each at a share of its length. */
export const mutations: fc.Arbitrary<Mutation[]> = fc.array(
  fc.oneof(
    fc.record({ does: fc.constant('turn' as const), at, with: fc.integer({ min: 1, max: 255 }) }),
    fc.record({ does: fc.constantFrom('write' as const, 'insert' as const), at, bytes }),
    fc.record({ does: fc.constantFrom('remove' as const, 'repeat' as const), at, length }),
  ),
  { minLength: 1, maxLength: 8 },
);

/** Does to a copy of the file what was chosen. */
export function mutated(file: Buffer, chosen: readonly Mutation[]): Buffer {
  return chosen.reduce(change, file);
}

function change(file: Buffer, mutation: Mutation): Buffer {
  const place = Math.floor(mutation.at * file.length);
  const [before, after] = [file.subarray(0, place), file.subarray(place)];
  switch (mutation.does) {
    case 'turn':
      return Buffer.concat([before, Buffer.from([(after[0] ?? 0) ^ mutation.with]), after.subarray(1)]);
    case 'write':
      return Buffer.concat([before, mutation.bytes, after.subarray(mutation.bytes.length)]);
    case 'insert':
      return Buffer.concat([before, mutation.bytes, after]);
    case 'remove':
      return Buffer.concat([before, after.subarray(mutation.length)]);
    case 'repeat':
      return Buffer.concat([before, after.subarray(0, mutation.length), after]);
  }
}
