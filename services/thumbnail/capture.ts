/** Is when a photo was taken. */
export type CaptureTime = Date;

/** Is what EXIF says of it: local time (read as if it were UTC), its offset from UTC, decimals of the second. */
interface ExifTimes {
  DateTimeOriginal?: Date | undefined;
  OffsetTimeOriginal?: string | undefined;
  SubSecTimeOriginal?: string | undefined;
}

/** Computes a photo's capture time; where the camera names no offset, its clock is taken as UTC. */
export function captureTime(exif: ExifTimes): CaptureTime | undefined {
  const local = exif.DateTimeOriginal;
  if (local === undefined || Number.isNaN(local.getTime())) return undefined;
  const decimals = /^\d{1,9}/.exec(exif.SubSecTimeOriginal ?? '')?.[0];
  const whole = Math.floor(local.getTime() / 1_000) * 1_000;
  const ms = decimals === undefined ? 0 : Math.floor(Number(`0.${decimals}`) * 1_000);
  return new Date(whole + ms - offsetMs(exif.OffsetTimeOriginal));
}

function offsetMs(offset: string | undefined): number {
  const [, sign, hours, minutes] = /^([+-])(\d{2}):(\d{2})/.exec(offset ?? '') ?? [];
  if (sign === undefined) return 0;
  return (sign === '-' ? -1 : 1) * (Number(hours) * 60 + Number(minutes)) * 60_000;
}
