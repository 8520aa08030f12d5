import type { BackupPlace } from '@kilat/contract';
import type { MessageKey } from '#lib/messages/t.ts';
import type { IconName } from '../Icon.svelte';

/** Is how a place stands, in one glance. */
export interface PlaceStanding {
  name: 'failed' | 'paused' | 'waiting' | 'proved' | 'empty' | 'off' | 'unknown';
  mood: 'good' | 'warn' | 'bad' | 'soft';
  icon: IconName;
  label: MessageKey;
}

const standings: Record<PlaceStanding['name'], Omit<PlaceStanding, 'name'>> = {
  unknown: { mood: 'bad', icon: 'missing', label: 'copies.unknown' },
  paused: { mood: 'warn', icon: 'clock', label: 'copies.paused' },
  failed: { mood: 'bad', icon: 'alert', label: 'copies.failed' },
  waiting: { mood: 'soft', icon: 'clock', label: 'copies.waiting' },
  proved: { mood: 'good', icon: 'shield', label: 'copies.proved' },
  empty: { mood: 'soft', icon: 'clock', label: 'copies.empty' },
  off: { mood: 'soft', icon: 'missing', label: 'copies.off' },
};

/** Says how a place stands: what keeps copies from being made comes first, all proved last. */
export function standingOf(place: BackupPlace): PlaceStanding {
  const name = nameOf(place);
  return { name, ...standings[name] };
}

function nameOf({ is_known, is_wanted, pause, copies }: BackupPlace): PlaceStanding['name'] {
  if (!is_known) return 'unknown';
  if (pause !== null && (is_wanted || copies.removing > 0)) return 'paused';
  if (!is_wanted) return 'off';
  if (copies.failed > 0) return 'failed';
  if (copies.waiting > 0) return 'waiting';
  return copies.done > 0 ? 'proved' : 'empty';
}

/** Tells whether what a place counts will change soon; `photos` is how many the event has now. */
export function isMoving({ is_wanted, pause, copies }: BackupPlace, photos: number): boolean {
  const { done, waiting, failed, removing } = copies;
  return pause !== null || waiting > 0 || removing > 0 || (is_wanted && done + failed < photos);
}

/** Gives the share of an event's photos that a place has proved, in percent. */
export function shareOf({ done, waiting, failed }: BackupPlace['copies']): number {
  const all = done + waiting + failed;
  // Never rounded up to all: that is what people look for.
  return all === 0 ? 0 : Math.floor((100 * done) / all);
}
