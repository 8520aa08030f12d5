const minuteMs = 60_000;
const dayMinutes = 1_440;

/** Is when and where a reader wants to be told; times are `HH:MM` in the zone. */
export interface Hours {
  zone: string;
  quietFrom: string | null;
  quietTo: string | null;
}

/** Gives the moment itself, or the end of the quiet hours that it falls into. */
export function afterQuiet(at: Date, { zone, quietFrom, quietTo }: Hours): Date {
  if (quietFrom === null || quietTo === null) return at;
  const [now, from, to] = [minuteOf(at, zone), minutesOf(quietFrom), minutesOf(quietTo)];
  const quiet = from <= to ? now >= from && now < to : now >= from || now < to;
  return quiet ? nextTime(at, zone, quietTo) : at;
}

/** Gives the next moment at which clocks of a zone show a time of day, later than another moment. */
export function nextTime(after: Date, zone: string, time: string): Date {
  const wanted = minutesOf(time);
  const wait = (wanted - minuteOf(after, zone) + dayMinutes) % dayMinutes || dayMinutes;
  const guess = new Date(Math.floor(after.getTime() / minuteMs + wait) * minuteMs);
  // Clocks may have been turned between the two: what they show decides.
  const off = ((wanted - minuteOf(guess, zone) + dayMinutes * 1.5) % dayMinutes) - dayMinutes / 2;
  const corrected = new Date(guess.getTime() + off * minuteMs);
  return corrected > after ? corrected : guess;
}

function minutesOf(time: string): number {
  const [hours = 0, minutes = 0] = time.split(':').map(Number);
  return hours * 60 + minutes;
}

function minuteOf(at: Date, zone: string): number {
  const format = new Intl.DateTimeFormat('en-GB', {
    timeZone: zone,
    hour: '2-digit',
    minute: '2-digit',
    hourCycle: 'h23',
  });
  return minutesOf(format.format(at));
}
