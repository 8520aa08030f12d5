import type { UploadWay } from '#internal/uploads/upload.ts';

const mebibyte = 1024 * 1024;

/** Is the size of every part but the last, in bytes; fixed, so that any writer makes the same parts. */
const partSize = 16 * mebibyte;

/** Is the same for a photo that goes straight to the bucket: a person's connection is slower than ours. */
export const presignedPartSize = 8 * mebibyte;

/** Gives the size of the parts of a photo that comes in by some way. */
export function partSizeOf(way: UploadWay): number {
  return way === 'presigned' ? presignedPartSize : partSize;
}

/** Is the largest photo that is one object put in one request, in bytes. */
const wholeLimit = 32 * mebibyte;

/** Is one part of a photo: bytes `start` up to before `end`; `whole` when the photo is this part alone. */
export interface PartRange {
  part: number;
  start: number;
  end: number;
  whole: boolean;
}

/** Tells in which part the byte at an offset lies. */
export function partAt(length: number, offset: number): PartRange {
  if (length <= wholeLimit) return { part: 1, start: 0, end: length, whole: true };
  const index = Math.floor(offset / partSize);
  return { part: index + 1, start: index * partSize, end: Math.min(length, (index + 1) * partSize), whole: false };
}
