const [earliest, latest] = [Date.UTC(1901, 0), Date.UTC(10_000, 0)];
const [westernmost, easternmost, quarter] = [-12 * 60, 14 * 60, 15];

/** Is when a photo was taken, and the camera's zone in minutes east of UTC where that is known. */
export interface Capture {
  takenAt: Date;
  offsetMinutes: number | undefined;
}

/** Is what a file says of its time: the camera's clock and GPS's, both read as if they were UTC. */
export interface CameraClock {
  local: Date | undefined;
  /** Is the decimals of the second, as `07` for 70 ms. */
  subSeconds?: string | undefined;
  /** Is the zone that the camera names, as `+07:00`. */
  offset?: string | undefined;
  gps?: Date | undefined;
}

/**
 * Computes when a photo was taken. The zone is the one that the camera names, else how far its clock is from GPS time;
 * where neither tells, its clock is taken as UTC. No time before 1901 counts: it is how a clock that was never set reads.
 */
export function captureOf({ local, subSeconds, offset, gps }: CameraClock): Capture | undefined {
  if (local === undefined || !isPlausible(local)) return undefined;
  const offsetMinutes = namedOffset(offset) ?? offsetFromGps(local, gps);
  const whole = Math.floor(local.getTime() / 1_000) * 1_000;
  const takenAt = new Date(whole + millisecondsOf(subSeconds) - (offsetMinutes ?? 0) * 60_000);
  return { takenAt, offsetMinutes };
}

/** Tells whether a time can be a photo's. */
export function isPlausible(time: Date): boolean {
  return time.getTime() >= earliest && time.getTime() < latest;
}

/** Gives minutes east of UTC back where they are some zone's. */
export function zoneOf(minutes: number): number | undefined {
  if (!Number.isInteger(minutes) || minutes < westernmost || minutes > easternmost) return undefined;
  return minutes === 0 ? 0 : minutes; // never -0
}

function millisecondsOf(subSeconds = ''): number {
  const decimals = /^\s*(\d{1,9})/.exec(subSeconds)?.[1];
  return decimals === undefined ? 0 : Math.floor(Number(`0.${decimals}`) * 1_000);
}

function namedOffset(offset = ''): number | undefined {
  const [, sign, hours, minutes] = /^\s*([+-])(\d{2}):([0-5]\d)/.exec(offset) ?? [];
  if (sign === undefined) return undefined;
  const east = Number(hours) * 60 + Number(minutes);
  return zoneOf(sign === '-' ? -east : east);
}

// Clocks are some minutes wrong, and no zone is nearer to the next than a quarter of an hour.
function offsetFromGps(local: Date, gps: Date | undefined): number | undefined {
  if (gps === undefined || !isPlausible(gps)) return undefined;
  const minutes = (local.getTime() - gps.getTime()) / 60_000;
  return zoneOf(Math.round(minutes / quarter) * quarter);
}
