import { setTimeout as sleep } from 'node:timers/promises';
import { ask } from './api.ts';

interface Place {
  is_wanted: boolean;
  copies: { done: number; waiting: number; failed: number };
}

/**
 * Waits until each place for second copies has proved all of an event's photos, and answers how many it lacks; undefined where
 * the installation has no such place.
 */
export async function lackingCopies(
  eventId: string,
  cookie: string,
  stored: number,
  patienceMs: number,
): Promise<number | undefined> {
  for (const deadline = Date.now() + patienceMs; ; await sleep(500)) {
    const { places } = (await (await ask(`/api/events/${eventId}/backups`, 'GET', cookie)).json()) as {
      places: Place[];
    };
    const lacking = places.filter(({ is_wanted }) => is_wanted).map(({ copies }) => lackOf(copies, stored));
    if (lacking.length === 0) return undefined;
    if (Math.max(...lacking) === 0 || Date.now() > deadline) return Math.max(...lacking);
  }
}

// An event may hold more than was counted as stored: a form that was cut before its answer came is sent again, as new photos.
function lackOf({ done, waiting, failed }: Place['copies'], stored: number): number {
  return Math.max(stored - done, waiting + failed);
}
