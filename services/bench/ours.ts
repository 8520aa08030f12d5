import { readdirSync, statSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { SizeName } from '@kilat/contract';
import sharp from 'sharp';
import { silentLog } from '#internal/log/log.ts';
import { temporaryFolder } from '../../deploy/local/testing.ts';
import { startDecoder } from '../thumbnail/decoder/decoder.ts';
import { readWhole } from '../thumbnail/decoder/scratch.ts';
import { embeddedPreview } from '../thumbnail/embedded.ts';
import { measure } from '../thumbnail/measure.ts';
import { decode, hashOf, open, type Raw, type Sized, shrinkEmbedded, writeRendition } from '../thumbnail/render.ts';
import type { Work } from './recipe.ts';

const three = ['small', 'medium', 'large'] as const;
const four = [...three, 'xlarge'] as const;

/** Decodes a photo once and writes some of its renditions. */
export function ours(sizes: readonly SizeName[] = three): Work {
  return { run: (file) => inFolder(async (folder) => writeAll(await decodeFile(file, sizes), sizes, folder)) };
}

/** Does that with the largest rendition too. */
export const withLargest = (): Work => ours(four);

/** Encodes the three renditions alone. */
export const encoders: Work = {
  prepare: (file) => decodeFile(file, three),
  run: (_file, raws) => inFolder((folder) => writeAll(raws as Sized['raws'], three, folder)),
};

/** Makes the placeholder, the perceptual hash and the measures of the small rendition alone. */
export const measures: Work = {
  prepare: (file) => decodeFile(file, ['small']),
  async run(_file, raws) {
    const { small } = raws as Sized['raws'];
    return (await hashOf(small)).length + measure(small).phash.length;
  },
};

/** Encodes the medium rendition alone as AVIF, with as little effort as can be. */
export const mediumAvif: Work = {
  prepare: async (file) => (await decodeFile(file, three)).medium,
  async run(_file, medium) {
    const { data, ...raw } = medium as Raw;
    return (await sharp(data, { raw }).avif({ quality: 55, effort: 0 }).toBuffer()).length;
  },
};

/** Makes the small rendition and its placeholder of the picture that the camera put beside the photo. */
export const embedded: Work = {
  run: (file) =>
    inFolder(async (folder) => {
      const original = await readWhole(file);
      const preview = embeddedPreview(original);
      if (preview === undefined) throw new Error(`${file} has no preview.`);
      const small = await shrinkEmbedded(Buffer.from(preview), await open(original));
      return writeSmall(small, folder);
    }),
};

/** Makes the small rendition and its placeholder of the original. */
export const small: Work = {
  run: (file) => inFolder(async (folder) => writeSmall((await decodeFile(file, ['small'])).small, folder)),
};

/** Does all that the target does with a photo, in a confined process as the target has it, with or without 2,560. */
export async function target(xlarge: boolean): Promise<Work> {
  const limits = { timeoutMs: 120_000, memoryBytes: 1_024 ** 3 };
  const decoder = await startDecoder(limits, silentLog());
  const watch = { signal: new AbortController().signal, onPreview: () => {} };
  return {
    run: (file) =>
      inFolder(async (folder) => {
        await decoder.ask({ path: file, folder, tiff: false, xlarge }, watch);
        return bytesIn(folder);
      }),
  };
}

async function decodeFile(file: string, sizes: readonly SizeName[]): Promise<Sized['raws']> {
  return (await decode(await open(await readWhole(file)), sizes)).raws;
}

async function writeAll(raws: Sized['raws'], sizes: readonly SizeName[], folder: string): Promise<number> {
  for (const size of sizes) {
    const raw = raws[size];
    if (raw !== undefined) await writeRendition(raw, folder, `${size}.webp`);
  }
  return bytesIn(folder);
}

async function writeSmall(small: Raw, folder: string): Promise<number> {
  await writeRendition(small, folder, 'small.webp');
  return bytesIn(folder) + (await hashOf(small)).length;
}

async function inFolder<T>(work: (folder: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(temporaryFolder(), 'photo-'));
  try {
    return await work(folder);
  } finally {
    await rm(folder, { recursive: true });
  }
}

function bytesIn(folder: string): number {
  return readdirSync(folder).reduce((sum, name) => sum + statSync(join(folder, name)).size, 0);
}
