import exifReader from 'exif-reader';
import { captureOf, isPlausible, zoneOf } from './capture.ts';
import { isHonest } from './exifblock.ts';
import { angleOf, degreesOf, lensOf, positiveOf, textOf } from './exifvalues.ts';

/** Is what a photo's file tells of how it was taken; what it does not tell is undefined. */
export interface Exif {
  takenAt?: Date | undefined;
  /** Is the camera's zone in minutes east of UTC; undefined where nobody knows it, and its clock is taken as UTC. */
  takenOffsetMinutes?: number | undefined;
  cameraMake?: string | undefined;
  /** Is the model without the make, which many cameras repeat there. */
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

type Tags = Record<string, unknown>;

/** Reads the EXIF block of a file; one that cannot be understood tells nothing. */
export function readExif(block: Buffer | undefined): Exif {
  if (block === undefined) return {};
  try {
    if (!isHonest(block)) return {};
    const { Image, Photo, GPSInfo } = exifReader(block);
    // Directories that break off come as null, whatever the type says.
    return cleanExif(exifOf(Image ?? {}, Photo ?? {}, GPSInfo ?? {}));
  } catch {
    return {};
  }
}

/** Takes from what a file told all that it cannot mean: names keep 200 printable characters, numbers their ranges. */
export function cleanExif(exif: Exif): Exif {
  const takenAt = exif.takenAt !== undefined && isPlausible(exif.takenAt) ? exif.takenAt : undefined;
  const iso = positiveOf(exif.iso, 100_000_000);
  return {
    takenAt,
    takenOffsetMinutes: takenAt && zoneOf(exif.takenOffsetMinutes ?? Number.NaN),
    ...cameraOf(textOf(exif.cameraMake), textOf(exif.cameraModel)),
    cameraSerial: textOf(exif.cameraSerial),
    lens: textOf(exif.lens),
    exposureSeconds: positiveOf(exif.exposureSeconds, 1_000_000),
    fNumber: positiveOf(exif.fNumber, 1_000),
    iso: iso === undefined ? undefined : Math.max(1, Math.round(iso)),
    focalLengthMm: positiveOf(exif.focalLengthMm, 100_000),
    ...placeOf(degreesOf(exif.latitude, 90), degreesOf(exif.longitude, 180)),
  };
}

function exifOf(image: Tags, photo: Tags, gps: Tags): Exif {
  const capture = captureOf({
    local: photo.DateTimeOriginal instanceof Date ? photo.DateTimeOriginal : undefined,
    subSeconds: textOf(photo.SubSecTimeOriginal),
    offset: textOf(photo.OffsetTimeOriginal),
    gps: gpsTimeOf(gps),
  });
  return {
    takenAt: capture?.takenAt,
    takenOffsetMinutes: capture?.offsetMinutes,
    cameraMake: textOf(image.Make),
    cameraModel: textOf(image.Model),
    cameraSerial: textOf(photo.BodySerialNumber) ?? textOf(image.CameraSerialNumber),
    lens: textOf(photo.LensModel) ?? lensOf(photo.LensSpecification),
    exposureSeconds: positiveOf(photo.ExposureTime, Number.MAX_VALUE),
    fNumber: positiveOf(photo.FNumber, Number.MAX_VALUE),
    iso: isoOf(photo),
    focalLengthMm: positiveOf(photo.FocalLength, Number.MAX_VALUE),
    latitude: angleOf(gps.GPSLatitude, gps.GPSLatitudeRef, 'NS'),
    longitude: angleOf(gps.GPSLongitude, gps.GPSLongitudeRef, 'EW'),
  };
}

function gpsTimeOf(gps: Tags): Date | undefined {
  const day = /^(\d{4}):(\d{2}):(\d{2})$/.exec(textOf(gps.GPSDateStamp) ?? '');
  if (day === null || !Array.isArray(gps.GPSTimeStamp)) return undefined;
  const [hours, minutes, seconds] = gps.GPSTimeStamp.map(Number);
  const ms = ((hours ?? Number.NaN) * 3_600 + (minutes ?? Number.NaN) * 60 + (seconds ?? Number.NaN)) * 1_000;
  return new Date(Date.UTC(Number(day[1]), Number(day[2]) - 1, Number(day[3])) + ms);
}

// The old tag has 16 bits: where it is full, or missing, newer tags have the whole number.
function isoOf(photo: Tags): number | undefined {
  const told = positiveOf(photo.ISOSpeedRatings, 65_535);
  if (told !== undefined && told < 65_535) return told;
  const newer = [photo.RecommendedExposureIndex, photo.ISOSpeed, photo.StandardOutputSensitivity];
  return newer.map((value) => positiveOf(value, Number.MAX_VALUE)).find((iso) => iso !== undefined) ?? told;
}

// "NIKON CORPORATION" makes the "NIKON D90": NIKON, D90.
function cameraOf(make: string | undefined, model: string | undefined): Pick<Exif, 'cameraMake' | 'cameraModel'> {
  const [word = ''] = make?.split(' ') ?? [];
  let cameraModel = model;
  while (word !== '' && cameraModel?.toLowerCase().startsWith(`${word.toLowerCase()} `) === true)
    cameraModel = cameraModel.slice(word.length + 1);
  return { cameraMake: cameraModel === model ? make : word, cameraModel };
}

// Nobody is at 0, 0: it is what some receivers write before they know.
function placeOf(latitude: number | undefined, longitude: number | undefined): Pick<Exif, 'latitude' | 'longitude'> {
  if (latitude === undefined || longitude === undefined) return {};
  return latitude === 0 && longitude === 0 ? {} : { latitude, longitude };
}
