import { readFile } from 'node:fs/promises';
import sharp from 'sharp';
import type { Work } from './recipe.ts';

/** Makes three renditions, a placeholder and a perceptual hash, each from the whole original, as most code does. */
export function naive(effort: number): Work {
  sharp.concurrency(1);
  sharp.cache(false);
  return { run: async (file) => makeFive(await readFile(file), effort) };
}

async function makeFive(original: Buffer, effort: number): Promise<number> {
  let bytes = 0;
  for (const edge of [320, 800, 1_600]) {
    const pipeline = sharp(original).autoOrient().resize(edge, edge, { fit: 'inside' });
    bytes += (await pipeline.webp({ quality: 80, effort }).toBuffer()).length;
  }
  await sharp(original).autoOrient().resize(100, 100, { fit: 'inside' }).ensureAlpha().raw().toBuffer();
  await sharp(original).autoOrient().resize(32, 32, { fit: 'fill' }).greyscale().raw().toBuffer();
  return bytes;
}
