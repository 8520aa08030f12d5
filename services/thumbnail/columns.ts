import { cleanExif, type Exif } from './exif.ts';
import type { Measures, PictureFacts } from './picture.ts';

/** Is what is known of a photo before all of it: enough to show it. */
export type KnownFacts = Pick<PictureFacts, 'width' | 'height' | 'thumbhash'> & Partial<PictureFacts>;

/**
 * Maps facts to the columns of photos; what is not known is undefined. Facts come from a process that has read a stranger's
 * file: whatever they are, the columns can hold them.
 */
export function columnsOf({ width, height, thumbhash, exif = {}, damaged, ...measures }: KnownFacts) {
  return { width, height, thumbhash, damaged, ...columnsOfExif(cleanExif(exif)), ...columnsOfMeasures(measures) };
}

function columnsOfExif(exif: Exif) {
  return {
    taken_at: exif.takenAt,
    taken_offset_minutes: exif.takenOffsetMinutes,
    camera_make: exif.cameraMake,
    camera_model: exif.cameraModel,
    camera_serial: exif.cameraSerial,
    lens: exif.lens,
    exposure_seconds: exif.exposureSeconds,
    f_number: exif.fNumber,
    iso: exif.iso,
    focal_length_mm: exif.focalLengthMm,
    latitude: exif.latitude,
    longitude: exif.longitude,
  };
}

function columnsOfMeasures({ phash, sharpness, clippedShare }: Partial<Measures>) {
  return {
    phash: phash === undefined ? undefined : signed(phash),
    sharpness: within(sharpness, 1e9),
    clipped_share: within(clippedShare, 1),
  };
}

// PostgreSQL's 64 bits have a sign; as text, for no number holds them all.
function signed(phash: string): string | undefined {
  return /^[0-9a-f]{16}$/.test(phash) ? BigInt.asIntN(64, BigInt(`0x${phash}`)).toString() : undefined;
}

function within(value: number | undefined, most: number): number | undefined {
  return value !== undefined && value >= 0 && value <= most ? value : undefined;
}
