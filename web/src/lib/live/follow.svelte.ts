import { Counts, type EventView, Frame, Hello } from '@kilat/contract';
import { untrack } from 'svelte';
import type { Gallery } from '#lib/gallery/gallery.svelte.ts';
import { reportPainted } from './painted.ts';
import { openStream } from './stream.ts';

const [pollFromMs, pollToMs] = [30_000, 45_000];
// A phone that changed networks may hold a dead connection for minutes without being told.
const silentMs = 90_000;

/** Is what a page may add: to be told of the event's changes, when it follows something else instead, to report what it painted. */
export interface FollowOptions {
  onEvent?: (event: EventView) => void;
  resting?: () => boolean;
  reports?: boolean;
}

/** Follows one event's frames while mounted; polls for changes while the stream is down. */
export function followEvent(eventId: string, gallery: Gallery, { onEvent, resting, reports }: FollowOptions = {}) {
  let connected = $state(false);
  $effect(() => {
    if (resting?.()) return;
    let poll: ReturnType<typeof setTimeout> | undefined;
    let heardAt = Date.now();
    const hasPicture = (photoId: string) =>
      gallery.photos.some(({ photo_id, renditions }) => photo_id === photoId && renditions.length > 0);
    const painting = reports ? reportPainted(eventId, hasPicture) : undefined;

    const stream = untrack(() =>
      openStream(
        () => `/live/events/${eventId}?after=${gallery.cursor}`,
        {
          hello: (data) => greet(Hello.parse(data)),
          frame: (data) => void take(Frame.parse(data)),
          counts: (data) => gallery.setCount(Counts.parse(data).photos),
          resync: () => void restart(),
        },
        () => (connected = false),
      ),
    );
    function greet(hello: Hello): void {
      connected = true;
      heardAt = Date.now();
      gallery.grant(hello.media);
      painting?.ask(hello.painted ?? 0);
    }
    async function take(frame: Frame): Promise<void> {
      heardAt = Date.now();
      painting?.came(frame);
      await gallery.take(frame).catch(() => {});
      for (const { event } of frame.entries) if (event !== undefined) onEvent?.(event);
    }
    async function restart(): Promise<void> {
      await gallery.reload().catch(() => {});
      stream.reopen();
    }
    function pollLater(): void {
      clearTimeout(poll);
      poll = setTimeout(
        () => {
          if (!connected || Date.now() - heardAt > silentMs) void check();
          pollLater();
        },
        pollFromMs + Math.random() * (pollToMs - pollFromMs),
      );
    }
    // Asks what has changed; a stream that did not say so is dead.
    async function check(): Promise<void> {
      const known = gallery.cursor;
      await gallery.catchUp().catch(() => {});
      if (connected && gallery.cursor !== known) stream.reopen();
    }
    function back(): void {
      if (document.visibilityState === 'visible') void check();
    }

    pollLater();
    document.addEventListener('visibilitychange', back);
    window.addEventListener('online', back);
    return () => {
      stream.close();
      painting?.close();
      connected = false;
      clearTimeout(poll);
      document.removeEventListener('visibilitychange', back);
      window.removeEventListener('online', back);
    };
  });
  return {
    get connected() {
      return connected;
    },
  };
}
