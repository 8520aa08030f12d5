import { randomUUID } from 'node:crypto';
import { appendFile, link, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { ExifTool } from 'exiftool-vendored';
import { fileTypeFromBuffer } from 'file-type';
import { captureOf } from './capture.ts';
import { readHead } from './decoder/scratch.ts';
import { cleanExif, type Exif } from './exif.ts';
import { exiftool } from './exiftool.ts';
import { Undecodable } from './undecodable.ts';

/** Is what a camera put into its raw file beside the sensor's data. */
export interface RawPhoto {
  /** Is the largest JPEG; undefined where there is none. */
  preview: Buffer | undefined;
  /** Is the orientation of EXIF, 1 to 8, that turns the preview upright where it tells none of its own. */
  orientation: number;
  exif: Exif;
}

/** Is what exiftool tells: values by `<group>:<tag>`. */
export type Told = Readonly<Record<string, unknown>>;

const previews = ['JpgFromRaw', 'PreviewImage', 'OtherImage'];
// What ends in # comes as a number.
const tags = [
  ...['Make', 'Model', 'SerialNumber', 'LensModel', 'LensID', 'ExposureTime#', 'FNumber#', 'ISO#', 'FocalLength#'],
  ...['DateTimeOriginal', 'SubSecTimeOriginal', 'OffsetTimeOriginal', 'Orientation#'],
  ...['Composite:GPSLatitude#', 'Composite:GPSLongitude#', 'Composite:GPSDateTime'],
];
const readArgs = ['-a', '-G1', ...[...previews, ...tags].map((tag) => `-${tag}`)];
const extensions = ['cr2', 'cr3', 'nef', 'arw', 'raf', 'dng', 'orf', 'rw2', 'tif'];

/**
 * Reads the preview and the tags of a camera's raw file; the folder takes files of its own for a while, and neither path may
 * come from a stranger. Throws Undecodable for a kind that is not shown; any other throw is no fault of the file's.
 */
export async function readRaw(path: string, folder: string): Promise<RawPhoto> {
  const tool = await exiftool(); // without perl it throws, which is no fault of the file's
  const own = join(folder, randomUUID());
  // exiftool tells some formats apart by their names alone.
  const named = `${own}.${await extensionOf(path)}`;
  await link(path, named);
  try {
    const told: Told = { ...(await tool.readRaw(named, { readArgs })) };
    const preview = await largestPreview(tool, named, `${own}.jpg`, told);
    return { preview, orientation: orientationOf(told), exif: exifOfTags(told) };
  } finally {
    await Promise.all([rm(named, { force: true }), rm(`${own}.jpg`, { force: true })]);
  }
}

/** Computes what the tags of a raw file tell of how it was taken. */
export function exifOfTags(told: Told): Exif {
  const capture = captureOf({
    local: timeOf(told, 'DateTimeOriginal'),
    subSeconds: textOf(told, 'SubSecTimeOriginal'),
    offset: textOf(told, 'OffsetTimeOriginal'),
    gps: timeOf(told, 'GPSDateTime'),
  });
  return cleanExif({
    takenAt: capture?.takenAt,
    takenOffsetMinutes: capture?.offsetMinutes,
    cameraMake: textOf(told, 'Make'),
    cameraModel: textOf(told, 'Model'),
    cameraSerial: textOf(told, 'SerialNumber'),
    lens: textOf(told, 'LensModel') ?? textOf(told, 'LensID'),
    exposureSeconds: numberOf(told, 'ExposureTime'),
    fNumber: numberOf(told, 'FNumber'),
    iso: numberOf(told, 'ISO'),
    focalLengthMm: numberOf(told, 'FocalLength'),
    latitude: numberOf(told, 'GPSLatitude'),
    longitude: numberOf(told, 'GPSLongitude'),
  });
}

async function extensionOf(path: string): Promise<string> {
  const found = (await fileTypeFromBuffer(await readHead(path)))?.ext ?? 'tif';
  if (!extensions.includes(found)) throw new Undecodable('The raw file is of a kind that is not shown here.');
  return found;
}

// Some are no JPEGs, or are cut: then the next largest may do.
async function largestPreview(tool: ExifTool, from: string, to: string, told: Told): Promise<Buffer | undefined> {
  for (const { key, size } of previewsOf(told)) {
    const refusal = await tool
      .extractBinaryTag(key, from, to, { forceWrite: true, ignoreMinorErrors: true })
      .catch((error: unknown) => (isOurs(error) ? Promise.reject(error) : error));
    const bytes = refusal === undefined ? await readFile(to).catch(() => Buffer.alloc(0)) : Buffer.alloc(0);
    // Where there was no room for all of it, exiftool says nothing: writing the rest does.
    if (bytes.length > 0 && bytes.length < size) await appendFile(to, Buffer.alloc(size - bytes.length));
    if (bytes[0] === 0xff && bytes[1] === 0xd8) return bytes;
  }
  return undefined;
}

// An exiftool that ended, or got no time, tells nothing of the file.
function isOurs(error: unknown): boolean {
  return error instanceof Error && /timeout|ended|exit|killed|closed|EPIPE|ENOSPC|No space/i.test(error.message);
}

// Like ones stand in the order of the names: the JPEG of the whole frame first.
function previewsOf(told: Told): { key: string; size: number }[] {
  return Object.entries(told)
    .map(([key, value]) => ({ key, size: Number(/^\(Binary data (\d+) bytes/.exec(String(value))?.[1] ?? 0) }))
    .filter(({ key, size }) => size > 0 && /^\w+:\w+$/.test(key) && previews.includes(nameOf(key)))
    .sort((a, b) => b.size - a.size || previews.indexOf(nameOf(a.key)) - previews.indexOf(nameOf(b.key)))
    .slice(0, 4);
}

function orientationOf(told: Told): number {
  const orientation = numberOf(told, 'Orientation') ?? 1;
  return Number.isInteger(orientation) && orientation >= 1 && orientation <= 8 ? orientation : 1;
}

function nameOf(key: string): string {
  return key.slice(key.lastIndexOf(':') + 1);
}

// The first of like tags is the one of the main picture's own directories.
function tagOf(told: Told, name: string): unknown {
  return Object.entries(told).find(([key]) => key.includes(':') && nameOf(key) === name)?.[1];
}

function textOf(told: Told, name: string): string | undefined {
  const value = tagOf(told, name);
  if (typeof value === 'number') return String(value);
  return typeof value === 'string' && !/^Unknown\b/.test(value) ? value : undefined;
}

function numberOf(told: Told, name: string): number | undefined {
  const value = tagOf(told, name);
  return typeof value === 'number' ? value : undefined;
}

function timeOf(told: Told, name: string): Date | undefined {
  const [, day, time] = /^(\d{4}:\d{2}:\d{2}) (\d{2}:\d{2}:\d{2})/.exec(textOf(told, name) ?? '') ?? [];
  const date = day === undefined ? undefined : new Date(`${day.replaceAll(':', '-')}T${time}Z`);
  return date === undefined || Number.isNaN(date.getTime()) ? undefined : date;
}
