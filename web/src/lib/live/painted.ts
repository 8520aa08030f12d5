import { type Frame, longestPainted, maxPainted, type Painted } from '@kilat/contract';

const gatherMs = 1_000;
const mostWaiting = 500;
// After it a photo of a frame has its tile, or gets none until somebody scrolls to it.
const placedMs = 1_000;

type Shown = Painted['photos'][number];

/** Tells the server when photos that came by frames were on this screen. */
export interface PaintReport {
  /** Sets the share of photos that the server wants to hear of. */
  ask(share: number): void;
  /** Notes the photos of a frame that can be seen for the first time. */
  came(frame: Frame): void;
  close(): void;
}

/**
 * Watches an event's pictures being loaded and tells of a share of them, some at once; nothing says who saw them. `isShown` tells
 * whether the page had a picture of a photo before.
 */
export function reportPainted(eventId: string, isShown: (photoId: string) => boolean): PaintReport {
  const known = new Set<string>();
  const waiting = new Map<string, number>();
  let shown: (Omit<Shown, 'ago_ms'> & { at: number })[] = [];
  let timer: ReturnType<typeof setTimeout> | undefined;
  let share = 0;
  let watchedFrom = performance.now();

  function loaded({ target }: Event): void {
    const tile = target instanceof HTMLImageElement ? target.closest<HTMLElement>('[data-photo]') : null;
    const id = tile?.dataset.photo ?? '';
    const cameAt = waiting.get(id);
    waiting.delete(id);
    // A picture that is loaded is painted with one of the next two frames.
    if (cameAt !== undefined) requestAnimationFrame(() => requestAnimationFrame(() => painted(id, cameAt)));
  }
  function painted(photo_id: string, cameAt: number): void {
    const at = performance.now();
    const took_ms = Math.min(longestPainted, Math.round(at - cameAt));
    shown.push({ photo_id, took_ms, watched_ms: Math.round(at - watchedFrom), at });
    timer ??= setTimeout(send, gatherMs);
  }
  function send(): void {
    timer = undefined;
    const photos = shown
      .slice(-maxPainted)
      .map(({ at, ...one }): Shown => ({ ...one, ago_ms: Math.round(performance.now() - at) }));
    shown = [];
    const body = new Blob([JSON.stringify({ photos } satisfies Painted)], { type: 'application/json' });
    navigator.sendBeacon(`/live/events/${eventId}/painted`, body);
  }
  // What is not looked at is not painted, however long that takes.
  function hidden(): void {
    waiting.clear();
    watchedFrom = performance.now();
  }
  function forgetUnplaced(ids: readonly string[]): void {
    for (const id of ids) if (document.querySelector(`[data-photo="${id}"]`) === null) waiting.delete(id);
  }

  document.addEventListener('load', loaded, true);
  document.addEventListener('visibilitychange', hidden);
  return {
    ask: (wanted) => {
      share = wanted;
    },
    came({ entries }) {
      const now = performance.now();
      for (const { photo } of entries) {
        if (!photo || photo.renditions.length === 0 || known.has(photo.photo_id)) continue;
        known.add(photo.photo_id);
        const isAwaited = document.visibilityState === 'visible' && !isShown(photo.photo_id);
        if (isAwaited && waiting.size < mostWaiting && Math.random() < share) waiting.set(photo.photo_id, now);
      }
      setTimeout(forgetUnplaced, placedMs, [...waiting.keys()]);
    },
    close() {
      clearTimeout(timer);
      document.removeEventListener('load', loaded, true);
      document.removeEventListener('visibilitychange', hidden);
    },
  };
}
