import { inLanguage } from './language.ts';
import { t } from './t.ts';

const units = ['B', 'kB', 'MB', 'GB'];
const whole = inLanguage((language) => new Intl.NumberFormat(language));
const tenths = inLanguage(
  (language) => new Intl.NumberFormat(language, { minimumFractionDigits: 1, maximumFractionDigits: 1 }),
);

/** Writes a count: 1,234. */
export function number(count: number): string {
  return whole().format(count);
}

/** Writes a number of bytes as people do: 12.4 MB. */
export function bytes(count: number): string {
  const power = Math.min(units.length - 1, Math.floor(Math.log10(Math.max(1, count)) / 3));
  const value = count / 1_000 ** power;
  return `${value >= 100 || power === 0 ? Math.round(value) : tenths().format(value)} ${units[power]}`;
}

const days = inLanguage((language) => new Intl.DateTimeFormat(language, { dateStyle: 'long', timeZone: 'UTC' }));

/** Writes when and where an event is, as far as it is known. */
export function occasion(event: { starts_on: string | null; place: string | null }): string {
  const day = event.starts_on === null ? null : days().format(new Date(event.starts_on));
  return [day, event.place].filter(Boolean).join(' · ');
}

const shortly = { day: 'numeric', month: 'short', hour: '2-digit', minute: '2-digit', hourCycle: 'h23' } as const;
const moments = inLanguage((language) => new Intl.DateTimeFormat(language, shortly));

/** Writes a moment shortly, in the reader's own time: Nov 21, 06:12. */
export function moment(iso: string): string {
  return moments().format(new Date(iso));
}

const times = inLanguage((language) => new Intl.DateTimeFormat(language, { timeStyle: 'medium', hourCycle: 'h23' }));

/** Writes the time of day to the second, in the reader's own time. */
export function timeOfDay(iso: string): string {
  return times().format(new Date(iso));
}

/** Writes a moment so that it means the same everywhere: 2026-11-21 06:12:09 UTC. */
export function utc(iso: string): string {
  return `${iso.slice(0, 10)} ${iso.slice(11, 19)} UTC`;
}

/** Writes a span of time shortly: 20 s, 4 min, 2 h. */
export function span(seconds: number): string {
  if (seconds < 60) return t('span.seconds', { count: Math.max(0, Math.round(seconds)) });
  if (seconds < 3_600) return t('span.minutes', { count: Math.round(seconds / 60) });
  return t('span.hours', { count: Math.round(seconds / 3_600) });
}
