import { join } from 'node:path';
import type { SizeName } from '@kilat/contract';
import sharp, { type Metadata, type Sharp, type SharpOptions } from 'sharp';
import { rgbaToThumbHash } from 'thumbhash';
import { fileOf } from './decoder/protocol.ts';
import { isSrgb } from './icc.ts';
import { withIccProfile } from './png.ts';
import { type Size, sizeOf } from './size.ts';
import { Undecodable, understood } from './undecodable.ts';

// One photo per core is cheaper than many threads for one; what a loader cannot be trusted with is not loaded.
sharp.concurrency(1);
sharp.cache(false);
sharp.block({ operation: ['VipsForeignLoad'] });
sharp.unblock({
  operation: ['VipsForeignLoadJpeg', 'VipsForeignLoadPng', 'VipsForeignLoadWebp', 'VipsForeignLoadHeif'],
});

const mostPixels = 160_000_000;
const mostJpegEdge = 65_500;
const mostInMemory = 60_000_000;
const limits = { limitInputPixels: mostPixels, limitInputChannels: 5, sequentialRead: true, unlimited: false } as const;
// WebP effort 2 costs half of the default's time for 4 % more bytes.
const webp = { quality: 80, effort: 2 } as const;

/** Is pixels in memory, row by row, eight bits a channel. */
export interface Raw extends Size {
  data: Buffer;
  channels: 1 | 2 | 3 | 4;
}

/** Is pixels that another decoder made, already upright. */
export interface Decoded extends Raw {
  /** Is the profile of their colours; sRGB where there is none. */
  icc: Buffer | undefined;
  damaged: boolean;
}

/** Is what is rendered: the bytes of a file that libvips reads, or decoded pixels. */
export type Source = Buffer | Decoded;

/** Is a source whose header was read; width and height are those of the upright picture. */
export interface Opened extends Size {
  source: Source;
  orientation: number;
  /** Says that the orientation is told by another place than the source, which does not turn itself. */
  turned?: boolean;
  /** Says how its colours become those of screens: they are, a profile is applied last, or libvips knows better. */
  colour: 'srgb' | 'profile' | 'other';
  /** Says that its channels have more than eight bits. */
  deep: boolean;
  exif: Buffer | undefined;
}

/** Is a picture in the sizes of its renditions: upright, in sRGB, without any metadata. */
export interface Sized {
  raws: Partial<Record<SizeName, Raw>> & { small: Raw };
  /** Says that a part of the file could not be read. */
  damaged: boolean;
}

/** Lets TIFF be read in this process from now on. */
export function allowTiff(): void {
  sharp.unblock({ operation: ['VipsForeignLoadTiff'] });
}

/** Reads a source's header. Throws Undecodable, also for a picture of more than 160 megapixels. */
export async function open(source: Source): Promise<Opened> {
  if (!Buffer.isBuffer(source)) {
    const { width, height, icc } = source;
    const colour = isSrgb(icc) ? 'srgb' : 'profile';
    return { source, width, height, orientation: 1, colour, deep: false, exif: undefined };
  }
  const metadata = await understood(() => sharp(source, limits).metadata().catch(explain));
  const { width, height, orientation = 1, exif } = metadata;
  const upright = orientation >= 5 ? flipped({ width, height }) : { width, height };
  return { source, ...upright, orientation, colour: colourOf(metadata), deep: metadata.depth !== 'uchar', exif };
}

/** Turns an opened source, whose own header does not, by an EXIF orientation that is known from elsewhere. */
export function turnedBy(opened: Opened, orientation: number): Opened {
  if (opened.orientation !== 1 || orientation === 1) return opened;
  return { ...opened, ...(orientation >= 5 && flipped(opened)), orientation, turned: true };
}

/** Decodes a source once, to its largest size, and makes each smaller one of the next larger. Throws Undecodable. */
export async function decode(opened: Opened, sizes: readonly SizeName[]): Promise<Sized> {
  const [largest, ...smaller] = sizes.toReversed();
  const { raw, damaged } = await decodeOnce(opened, sizeOf(opened, largest ?? 'small'));
  const raws: Sized['raws'] = { small: raw, ...(largest !== undefined && { [largest]: raw }) };
  let last = raw;
  for (const name of smaller) {
    last = await shrink(last, sizeOf(opened, name));
    raws[name] = last;
  }
  return { raws, damaged };
}

/** Makes the small size of a JPEG that a camera embedded, turned as its photo is and cut to its ratio. Throws Undecodable. */
export async function shrinkEmbedded(jpeg: Buffer, { orientation, ...photo }: Opened): Promise<Raw> {
  const metadata = await understood(() => sharp(jpeg, limits).metadata());
  const whole = sizeOf(photo, 'small');
  const scale = Math.min(1, Math.max(metadata.width, metadata.height) / Math.max(whole.width, whole.height));
  const upright = { width: Math.round(whole.width * scale) || 1, height: Math.round(whole.height * scale) || 1 };
  const turned = orientation >= 5 ? flipped(upright) : upright;
  const raw = await understood(() =>
    toRaw(
      sharp(jpeg, { ...limits, ignoreIcc: true })
        .resize({ ...turned, fit: 'cover' })
        .toColourspace('srgb'),
    ),
  );
  return orientation === 1 ? raw : toRaw(turn(fromRaw(raw), orientation));
}

/** Writes a rendition as WebP into a folder. */
export async function writeRendition(raw: Raw, folder: string, file: string): Promise<void> {
  await fromRaw(raw).webp(webp).toFile(join(folder, file));
}

/** Writes a compressed copy at full size as JPEG: upright, in sRGB, without any metadata. */
export async function writeWebCopy(opened: Opened, folder: string, quality: number): Promise<void> {
  const { turned = false, orientation, colour, width, height } = opened;
  // Optimal codes need the whole picture in memory: 6 bytes a pixel.
  const optimiseCoding = width * height < mostInMemory;
  const whole = sharp(await shallow(opened), { ...limits, failOn: 'none', ignoreIcc: colour === 'srgb' });
  await (turned ? turn(whole, orientation) : whole.autoOrient())
    .resize({ width: mostJpegEdge, height: mostJpegEdge, fit: 'inside', withoutEnlargement: true })
    .flatten({ background: 'white' })
    .toColourspace('srgb')
    .jpeg({ quality, optimiseCoding })
    .toFile(join(folder, fileOf('web')));
}

// What has 16 bits and a profile, sharp would leave in Display P3.
async function shallow({ source, colour, deep }: Opened): Promise<Buffer> {
  if (!Buffer.isBuffer(source)) return profiled(source, source.icc ?? Buffer.alloc(0));
  if (!deep || colour !== 'profile') return source;
  const eight = sharp(source, { ...limits, failOn: 'none', ignoreIcc: true }).toColourspace('srgb');
  return eight.keepMetadata().png({ compressionLevel: 0 }).toBuffer();
}

/** Computes a placeholder of some 25 bytes, as base64. */
export async function hashOf(small: Raw): Promise<string> {
  const pipeline = fromRaw(small)
    .resize({ width: 100, height: 100, fit: 'inside', withoutEnlargement: true })
    .toColourspace('srgb')
    .ensureAlpha();
  const { data, info } = await pipeline.raw().toBuffer({ resolveWithObject: true });
  return Buffer.from(rgbaToThumbHash(info.width, info.height, data)).toString('base64');
}

function explain(error: Error): never {
  throw /pixel limit/.test(error.message) ? new Undecodable('The picture has more than 160 megapixels.') : error;
}

// The first try refuses what is damaged; a second shows what can still be seen of it.
async function decodeOnce(opened: Opened, size: Size): Promise<{ raw: Raw; damaged: boolean }> {
  const { source, turned = false, orientation } = opened;
  if (turned) {
    const { raw, damaged } = await decodeOnce({ ...opened, turned: false }, orientation >= 5 ? flipped(size) : size);
    return { raw: await toRaw(turn(fromRaw(raw), orientation)), damaged };
  }
  if (!Buffer.isBuffer(source)) return { raw: await converted(source, size, opened.colour), damaged: source.damaged };
  try {
    return { raw: await upright(source, opened, 'warning', size), damaged: false };
  } catch {
    return { raw: await understood(() => upright(source, opened, 'none', size)), damaged: true };
  }
}

async function upright(source: Buffer, { colour }: Opened, failOn: SharpOptions['failOn'], size: Size): Promise<Raw> {
  const options = { ...limits, failOn, ignoreIcc: colour !== 'other' };
  const pipeline = sharp(source, options)
    .autoOrient()
    .resize({ ...size, fit: 'fill' });
  if (colour !== 'profile') return toRaw(pipeline.toColourspace('srgb'));
  // libvips would convert before it shrinks: two and a half times the pixels.
  const shrunk = await pipeline.toColourspace('srgb').keepIccProfile().png({ compressionLevel: 0 }).toBuffer();
  return toRaw(sharp(shrunk, limits).toColourspace('srgb'));
}

function flipped({ width, height }: Size): Size {
  return { width: height, height: width };
}

async function converted(source: Decoded, size: Size, colour: Opened['colour']): Promise<Raw> {
  const small = await shrink(source, size);
  if (colour === 'srgb' || source.icc === undefined) return small;
  return toRaw(sharp(await profiled(small, source.icc), limits).toColourspace('srgb'));
}

// sharp converts to a profile, and has no other way to say that pixels are in one than a file that does.
async function profiled(raw: Raw, icc: Buffer): Promise<Buffer> {
  const png = await fromRaw(raw).png({ compressionLevel: 0 }).toBuffer();
  return withIccProfile(png, icc);
}

function shrink(from: Raw, size: Size): Promise<Raw> | Raw {
  if (from.width === size.width && from.height === size.height) return from;
  return toRaw(fromRaw(from).resize({ ...size, fit: 'fill' }));
}

async function toRaw(pipeline: Sharp): Promise<Raw> {
  const { data, info } = await pipeline.raw({ depth: 'uchar' }).toBuffer({ resolveWithObject: true });
  return { data, width: info.width, height: info.height, channels: info.channels as Raw['channels'] };
}

function fromRaw({ data, width, height, channels }: Raw): Sharp {
  return sharp(data, { raw: { width, height, channels } });
}

// EXIF's eight: a mirror, then quarter turns, as sharp does them.
const turns: readonly { angle: number; mirror: boolean }[] = [
  { angle: 0, mirror: false },
  { angle: 0, mirror: true },
  { angle: 180, mirror: false },
  { angle: 180, mirror: true },
  { angle: 270, mirror: true },
  { angle: 90, mirror: false },
  { angle: 90, mirror: true },
  { angle: 270, mirror: false },
];

function turn(picture: Sharp, orientation: number): Sharp {
  const { angle, mirror } = turns[orientation - 1] ?? { angle: 0, mirror: false };
  return picture.rotate(angle).flop(mirror);
}

function colourOf({ icc, space }: Metadata): Opened['colour'] {
  if (space !== 'srgb' && space !== 'rgb16') return 'other';
  // What is sRGB already needs no transform: it would cost a fifth of the time and change nothing.
  return isSrgb(icc) ? 'srgb' : 'profile';
}
