import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import sharp from 'sharp';

/** Is a photo to send. */
export interface Shot {
  name: string;
  bytes: Buffer;
  sha256: string;
}

/** Makes photos of wished sizes: one picture, and noise behind its end that makes each file its own. */
export async function createCamera(random: () => number) {
  const picture = await sharp({
    create: {
      width: 1200,
      height: 800,
      channels: 3,
      background: '#777',
      noise: { type: 'gaussian', mean: 120, sigma: 40 },
    },
  })
    .jpeg({ quality: 90 })
    .toBuffer();
  let taken = 0;
  return {
    shoot(size: number): Shot {
      const bytes = Buffer.alloc(Math.max(size, picture.length + 64));
      picture.copy(bytes);
      for (let at = picture.length; at < bytes.length; at += 4_096)
        bytes.writeUInt32LE(Math.floor(random() * 2 ** 32), Math.min(at, bytes.length - 4));
      taken += 1;
      return shotOf(`DSC_${String(taken).padStart(4, '0')}.JPG`, bytes);
    },
  };
}

/** Reads the JPEGs of the folder that KILAT_TEST_PHOTOS names; none without it. */
export async function realPhotos(folder: string | undefined): Promise<Shot[]> {
  if (folder === undefined) return [];
  const names = (await readdir(folder)).filter((name) => name.endsWith('.jpg')).sort();
  return Promise.all(names.map(async (name) => shotOf(name, await readFile(join(folder, name)))));
}

function shotOf(name: string, bytes: Buffer): Shot {
  return { name, bytes, sha256: createHash('sha256').update(bytes).digest('hex') };
}
