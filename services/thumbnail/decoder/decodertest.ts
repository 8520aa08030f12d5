import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { develop } from './develop.ts';
import { type DecodeRequest, fileOf, type Preview, previewFile } from './protocol.ts';

/** Develops a photo as a decoder does, in the test's own process. Throws Undecodable. */
export async function developHere(original: Uint8Array, options: Partial<DecodeRequest> = {}) {
  const folder = await mkdtemp(join(tmpdir(), 'kilat-develop-'));
  try {
    const path = join(folder, 'original');
    await writeFile(path, original);
    const previews: Preview[] = [];
    const { facts, renditions } = await develop({ path, folder, tiff: false, xlarge: true, ...options }, (preview) =>
      previews.push(preview),
    );
    const files = new Map(
      await Promise.all(renditions.map(async (name) => [name, await readFile(join(folder, fileOf(name)))] as const)),
    );
    const embedded = previews[0]?.embedded ? await readFile(join(folder, previewFile)) : undefined;
    return { ...facts, previews, embedded, renditions: files };
  } finally {
    await rm(folder, { recursive: true });
  }
}
