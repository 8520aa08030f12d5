const units = ['B', 'kB', 'MB', 'GB'];

/** Writes a number of bytes as people do: 12.4 MB. */
export function bytes(count: number): string {
  const power = Math.min(units.length - 1, Math.floor(Math.log10(Math.max(1, count)) / 3));
  const value = count / 1_000 ** power;
  return `${value >= 100 || power === 0 ? Math.round(value) : value.toFixed(1)} ${units[power]}`;
}

const days = new Intl.DateTimeFormat('en', { dateStyle: 'long', timeZone: 'UTC' });

/** Writes when and where an event is, as far as it is known. */
export function occasion(event: { starts_on: string | null; place: string | null }): string {
  const day = event.starts_on === null ? null : days.format(new Date(event.starts_on));
  return [day, event.place].filter(Boolean).join(' · ');
}

const moments = new Intl.DateTimeFormat('en', {
  ...{ day: 'numeric', month: 'short', hour: '2-digit', minute: '2-digit', hourCycle: 'h23' },
} as const);

/** Writes a moment shortly, in the reader's own time: Nov 21, 06:12. */
export function moment(iso: string): string {
  return moments.format(new Date(iso));
}

const times = new Intl.DateTimeFormat('en', { timeStyle: 'medium', hourCycle: 'h23' });

/** Writes the time of day to the second, in the reader's own time. */
export function timeOfDay(iso: string): string {
  return times.format(new Date(iso));
}

/** Writes a moment so that it means the same everywhere: 2026-11-21 06:12:09 UTC. */
export function utc(iso: string): string {
  return `${iso.slice(0, 10)} ${iso.slice(11, 19)} UTC`;
}

/** Writes a span of time shortly: 20 s, 4 min, 2 h. */
export function span(seconds: number): string {
  if (seconds < 60) return `${Math.max(0, Math.round(seconds))} s`;
  return seconds < 3_600 ? `${Math.round(seconds / 60)} min` : `${Math.round(seconds / 3_600)} h`;
}
