import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import sharp from 'sharp';

/** Is a file to send; `good` tells that it is a photo, not poison. */
export interface Shot {
  number: number;
  name: string;
  bytes: Buffer;
  sha256: string;
  good: boolean;
}

/** Makes photos of wished sizes: one picture, and noise behind its end that makes each file its own. */
export async function createCamera(random: () => number, { width = 1200, height = 800 } = {}) {
  const noise = { type: 'gaussian', mean: 120, sigma: 40 } as const;
  const picture = await sharp({ create: { width, height, channels: 3, background: '#777', noise } })
    .jpeg({ quality: 90 })
    .toBuffer();
  let taken = 0;
  const next = (bytes: Buffer, good: boolean): Shot => {
    taken += 1;
    return shotOf(taken, `DSC_${String(taken).padStart(4, '0')}.JPG`, bytes, good);
  };
  return {
    shoot(size: number): Shot {
      const bytes = Buffer.alloc(Math.max(size, picture.length + 64));
      picture.copy(bytes);
      for (let at = picture.length; at < bytes.length; at += 4_096)
        bytes.writeUInt32LE(Math.floor(random() * 2 ** 32), Math.min(at, bytes.length - 4));
      return next(bytes, true);
    },
    /** Makes what bad cards and mistakes bring: cut-off pictures, text, archives, headers that promise too much. */
    poison(): Shot {
      const kinds = [cutOff, textFile, archive, bomb];
      return next(kinds[Math.floor(random() * kinds.length)]?.(picture, random) ?? textFile(picture, random), false);
    },
  };
}

function cutOff(picture: Buffer, random: () => number): Buffer {
  const kept = Math.floor(picture.length * (0.1 + random() * 0.5));
  return Buffer.concat([picture.subarray(0, kept), Buffer.from(String(random()))]);
}

function textFile(_picture: Buffer, random: () => number): Buffer {
  return Buffer.from(`This is not a photo, but ${random()}.\n`.repeat(500));
}

function archive(_picture: Buffer, random: () => number): Buffer {
  return Buffer.concat([Buffer.from('PK\u0003\u0004'), Buffer.alloc(8_000, String(random()))]);
}

// A PNG whose header promises 60,000 × 60,000 pixels.
function bomb(_picture: Buffer, random: () => number): Buffer {
  const header = Buffer.from('89504e470d0a1a0a0000000d494844520000ea600000ea600806000000', 'hex');
  return Buffer.concat([header, Buffer.alloc(8_000, String(random()))]);
}

/** Reads the JPEGs of the folder that KILAT_TEST_PHOTOS names; none without it. */
export async function realPhotos(folder: string | undefined): Promise<Shot[]> {
  if (folder === undefined) return [];
  const names = (await readdir(folder)).filter((name) => name.endsWith('.jpg')).sort();
  return Promise.all(names.map(async (name, at) => shotOf(-at - 1, name, await readFile(join(folder, name)), true)));
}

function shotOf(number: number, name: string, bytes: Buffer, good: boolean): Shot {
  return { number, name, bytes, good, sha256: createHash('sha256').update(bytes).digest('hex') };
}
