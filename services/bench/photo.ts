import { existsSync } from 'node:fs';
import { mkdir, rename, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp, { type Sharp } from 'sharp';
import { assemble } from './camera.ts';
import { findProgram, runProgram } from './program.ts';
import { paintScene } from './scene.ts';

/** Is a photo as a camera of 24 megapixels stores it. */
export interface BenchPhoto {
  file: string;
  bytes: number;
  width: number;
  height: number;
}

/** Are the photos of a benchmark, and how their colours are sampled. */
export interface BenchPhotos {
  photos: BenchPhoto[];
  sampling: string;
}

const [width, height] = [6_000, 4_000];
const quality = 96;
// Counts what this file and the painter make: a change of theirs makes new photos.
const edition = 1;

/**
 * Gives some photos, the same ones in each run, every third in portrait. They are kept in the folder for temporary files;
 * making one takes some seconds. Without cjpeg their colours are sampled 4:2:0, which cameras do less often than 4:2:2.
 */
export async function benchPhotos(count: number, say: (line: string) => void): Promise<BenchPhotos> {
  const cjpeg = await findProgram('cjpeg');
  const sampling = cjpeg === undefined ? '4:2:0' : '4:2:2';
  const folder = join(tmpdir(), `kilat-bench-photos-${edition}-${sampling.replaceAll(':', '')}`);
  await mkdir(folder, { recursive: true });
  const photos: BenchPhoto[] = [];
  for (let number = 1; number <= count; number++) {
    const file = join(folder, `photo-${number}.jpg`);
    if (!existsSync(file)) say(`making photo ${number} of ${count}`);
    if (!existsSync(file)) await make(file, number, cjpeg);
    photos.push({ file, width, height, bytes: (await stat(file)).size });
  }
  return { photos, sampling };
}

async function make(file: string, number: number, cjpeg: string | undefined): Promise<void> {
  const scene = sharp(paintScene(number, width, height).data, { raw: { width, height, channels: 3 } });
  const primary = await encodePrimary(scene, `${file}.${process.pid}`, cjpeg);
  const preview = await scene.clone().resize(1_620, 1_080).jpeg({ quality: 88 }).toBuffer();
  const thumbnail = await scene.clone().resize(160, 107).jpeg({ quality: 75 }).toBuffer();
  const orientation = number % 3 === 0 ? 6 : 1;
  const whole = assemble({ primary, preview, thumbnail, profile: await srgbProfile(), orientation, number });
  await writeFile(`${file}.${process.pid}`, whole);
  await rename(`${file}.${process.pid}`, file); // a run that was interrupted leaves no half a photo
}

async function encodePrimary(scene: Sharp, file: string, cjpeg: string | undefined): Promise<Buffer> {
  if (cjpeg === undefined)
    return scene.clone().jpeg({ quality, chromaSubsampling: '4:2:0', optimiseCoding: false }).toBuffer();
  await writeFile(
    file,
    Buffer.concat([Buffer.from(`P6\n${width} ${height}\n255\n`), await scene.clone().raw().toBuffer()]),
  );
  return runProgram([cjpeg, '-quality', String(quality), '-sample', '2x1', file]);
}

async function srgbProfile(): Promise<Buffer> {
  const pixel = sharp({ create: { width: 8, height: 8, channels: 3, background: '#777' } });
  const { icc } = await sharp(await pixel.withIccProfile('srgb').jpeg().toBuffer()).metadata();
  if (icc === undefined) throw new Error('There is no sRGB profile to put into the photos.');
  return icc;
}
