import { type Frame, maxPainted, type Painted } from '@kilat/contract';

const gatherMs = 1_000;
const mostWaiting = 500;

type Shown = Painted['photos'][number];

/** Tells the server when photos that came by frames were on this screen. */
export interface PaintReport {
  /** Sets the share of photos that the server wants to hear of. */
  ask(share: number): void;
  /** Notes the photos of a frame that can be seen for the first time. */
  came(frame: Frame): void;
  close(): void;
}

/** Watches an event's pictures being loaded and tells of a share of them, some at once; nothing says who saw them. */
export function reportPainted(eventId: string): PaintReport {
  const known = new Set<string>();
  const waiting = new Map<string, number>();
  let shown: (Omit<Shown, 'ago_ms'> & { at: number })[] = [];
  let timer: ReturnType<typeof setTimeout> | undefined;
  let share = 0;

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
    shown.push({ photo_id, took_ms: Math.round(at - cameAt), at });
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
  const hidden = () => waiting.clear();

  document.addEventListener('load', loaded, true);
  document.addEventListener('visibilitychange', hidden);
  return {
    ask: (wanted) => {
      share = wanted;
    },
    came({ entries }) {
      for (const { photo } of entries) {
        if (!photo || photo.renditions.length === 0 || known.has(photo.photo_id)) continue;
        known.add(photo.photo_id);
        const wanted = document.visibilityState === 'visible' && waiting.size < mostWaiting && Math.random() < share;
        if (wanted) waiting.set(photo.photo_id, performance.now());
      }
    },
    close() {
      clearTimeout(timer);
      document.removeEventListener('load', loaded, true);
      document.removeEventListener('visibilitychange', hidden);
    },
  };
}
