import { bytes, number } from '#lib/messages/format.ts';

/** Is what a limit counts: photos one by one, storage in gigabytes of 10⁹ bytes. */
export type Measure = 'photos' | 'bytes';

const unit: Record<Measure, number> = { photos: 1, bytes: 1e9 };

/** Reads a limit as somebody typed it; nothing typed is no limit. */
export function readLimit(typed: string, measure: Measure): number | null {
  const text = typed.trim();
  return text === '' ? null : Math.round(Number(text) * unit[measure]);
}

/** Writes a limit as it is typed. */
export function writeLimit(limit: number | null, measure: Measure): string {
  return limit === null ? '' : String(limit / unit[measure]);
}

/** Writes what is used, or a limit, to be read: 1,234 or 12.4 GB. */
export function writeAmount(amount: number, measure: Measure): string {
  return measure === 'bytes' ? bytes(amount) : number(amount);
}

/** Names how near a use is to its limit. */
export type Nearness = 'free' | 'near' | 'full';

const near = 0.9;

/** Tells how near a use is to its limit: near from nine tenths on. */
export function nearness(used: number, limit: number | null): Nearness {
  if (limit === null) return 'free';
  if (used >= limit) return 'full';
  return used >= near * limit ? 'near' : 'free';
}
