import exifReader from 'exif-reader';
import { captureTime } from './capture.ts';

/** Is what a photo's file tells of how it was taken; what it does not tell is undefined. */
export interface Exif {
  takenAt?: Date | undefined;
  /** Is the camera's zone in minutes east of UTC; undefined where nobody knows it, and its clock is taken as UTC. */
  takenOffsetMinutes?: number | undefined;
  cameraMake?: string | undefined;
  cameraModel?: string | undefined;
  cameraSerial?: string | undefined;
  lens?: string | undefined;
  exposureSeconds?: number | undefined;
  fNumber?: number | undefined;
  iso?: number | undefined;
  focalLengthMm?: number | undefined;
  latitude?: number | undefined;
  longitude?: number | undefined;
}

/** Reads the EXIF block of a file; one that cannot be understood tells nothing. */
export function readExif(block: Buffer | undefined): Exif {
  if (block === undefined) return {};
  try {
    return { takenAt: captureTime(exifReader(block).Photo ?? {}) };
  } catch {
    return {};
  }
}
