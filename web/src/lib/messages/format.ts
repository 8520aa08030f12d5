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

/** Writes a span of time shortly: 20 s, 4 min, 2 h. */
export function span(seconds: number): string {
  if (seconds < 60) return `${Math.max(0, Math.round(seconds))} s`;
  return seconds < 3_600 ? `${Math.round(seconds / 60)} min` : `${Math.round(seconds / 3_600)} h`;
}
