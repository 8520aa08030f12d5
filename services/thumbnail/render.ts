import sharp, { type Metadata, type Sharp, type SharpOptions } from 'sharp';
import { rgbaToThumbHash } from 'thumbhash';
import { Fault } from '#internal/fault/fault.ts';
import { type Exif, readExif } from './exif.ts';
import { type Size, sizeOf } from './size.ts';

// One photo per core is cheaper than many threads for one; what a loader cannot be trusted with is not loaded.
sharp.concurrency(1);
sharp.cache(false);
sharp.block({ operation: ['VipsForeignLoad'] });
sharp.unblock({
  operation: ['VipsForeignLoadJpeg', 'VipsForeignLoadPng', 'VipsForeignLoadWebp', 'VipsForeignLoadHeif'],
});

const limits = {
  limitInputPixels: 160_000_000,
  limitInputChannels: 5,
  sequentialRead: true,
  unlimited: false,
} as const;
const timeout = { seconds: 30 };
// WebP effort 2 costs half of the default's time for 4 % more bytes.
const webp = { quality: 80, effort: 2 } as const;

/** Is a decoded photo: upright, in sRGB, without any metadata, and not larger than its largest rendition. */
export interface Picture extends Size {
  /** Is a placeholder of some 25 bytes, as base64. */
  thumbhash: string;
  exif: Exif;
  /** Says that a part of the file could not be read, so that something of the picture is missing. */
  damaged: boolean;
  /** Encodes one rendition as WebP. */
  encode(rendition: 'small' | 'medium' | 'large'): Promise<Buffer>;
}

interface Raw extends Size {
  data: Buffer;
  channels: 1 | 2 | 3 | 4;
}

/** Decodes a photo once. Throws a Fault of kind invalid when it does not decode. */
export async function decode(original: Buffer): Promise<Picture> {
  const metadata = await understood(() => sharp(original, limits).metadata());
  const size = uprightSize(metadata);
  const { large, damaged } = await decodeLarge(original, metadata, sizeOf(size, 'large'));
  const medium = await shrink(large, sizeOf(size, 'medium'));
  const small = await shrink(medium, sizeOf(size, 'small'));
  const raws = { large, medium, small };
  return {
    ...size,
    thumbhash: await hashOf(small),
    exif: readExif(metadata.exif),
    damaged,
    encode: (rendition) => open(raws[rendition]).webp(webp).toBuffer(),
  };
}

function uprightSize({ width, height, orientation = 1 }: Metadata): Size {
  return orientation >= 5 ? { width: height, height: width } : { width, height };
}

// The first try refuses what is damaged; a second shows what can still be seen of it.
async function decodeLarge(original: Buffer, metadata: Metadata, size: Size) {
  const options: SharpOptions = { ...limits, ignoreIcc: isSrgb(metadata) };
  try {
    return { large: await upright(original, { ...options, failOn: 'warning' }, size), damaged: false };
  } catch {
    const large = await understood(() => upright(original, { ...options, failOn: 'none' }, size));
    return { large, damaged: true };
  }
}

async function upright(original: Buffer, options: SharpOptions, size: Size): Promise<Raw> {
  const pipeline = sharp(original, options)
    .timeout(timeout)
    .autoOrient()
    .resize({ ...size, fit: 'fill' })
    .toColourspace('srgb');
  return toRaw(pipeline);
}

function shrink(from: Raw, size: Size): Promise<Raw> | Raw {
  if (from.width === size.width && from.height === size.height) return from;
  return toRaw(open(from).resize({ ...size, fit: 'fill' }));
}

async function toRaw(pipeline: Sharp): Promise<Raw> {
  const { data, info } = await pipeline.raw({ depth: 'uchar' }).toBuffer({ resolveWithObject: true });
  return { data, width: info.width, height: info.height, channels: info.channels as Raw['channels'] };
}

function open({ data, width, height, channels }: Raw): Sharp {
  return sharp(data, { raw: { width, height, channels } });
}

async function hashOf(small: Raw): Promise<string> {
  const pipeline = open(small)
    .resize({ width: 100, height: 100, fit: 'inside', withoutEnlargement: true })
    .toColourspace('srgb')
    .ensureAlpha();
  const { data, info } = await pipeline.raw().toBuffer({ resolveWithObject: true });
  return Buffer.from(rgbaToThumbHash(info.width, info.height, data)).toString('base64');
}

// A profile that is sRGB already needs no transform: it would cost a fifth of the time and change nothing.
function isSrgb({ icc, space }: Metadata): boolean {
  if (space !== 'srgb') return false;
  return icc === undefined || icc.includes('sRGB') || icc.includes(Buffer.from('sRGB', 'utf16le').swap16());
}

async function understood<T>(call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (cause) {
    throw new Fault('invalid', 'The photo cannot be decoded.', { cause, status: 422 });
  }
}
