import { Counts, type EventView, Frame, Hello } from '@kilat/contract';
import type { Gallery } from '#lib/gallery/gallery.svelte.ts';

const reopenMs = 3_000;
const [pollFromMs, pollToMs] = [30_000, 45_000];
// A phone that changed networks may hold a dead connection for minutes without being told.
const silentMs = 90_000;

/** Follows one event's frames while mounted; polls for changes while the stream is down. */
export function followEvent(eventId: string, gallery: Gallery, onEvent: (event: EventView) => void = () => {}) {
  let connected = $state(false);
  $effect(() => {
    let source: EventSource | undefined;
    let timer: ReturnType<typeof setTimeout> | undefined;
    let poll: ReturnType<typeof setTimeout> | undefined;
    let heardAt = Date.now();

    function open(): void {
      source = new EventSource(`/live/events/${eventId}?after=${gallery.cursor}`);
      source.addEventListener('hello', ({ data }) => greet(Hello.parse(JSON.parse(data))));
      source.addEventListener('frame', ({ data }) => void take(Frame.parse(JSON.parse(data))));
      source.addEventListener('counts', ({ data }) => gallery.setCount(Counts.parse(JSON.parse(data)).photos));
      source.addEventListener('resync', () => void restart());
      source.addEventListener('error', lost);
    }
    function greet(hello: Hello): void {
      connected = true;
      heardAt = Date.now();
      gallery.grant(hello.media);
    }
    async function take(frame: Frame): Promise<void> {
      heardAt = Date.now();
      await gallery.take(frame).catch(() => {});
      for (const { event } of frame.entries) if (event !== undefined) onEvent(event);
    }
    async function restart(): Promise<void> {
      source?.close();
      await gallery.reload().catch(() => {});
      reopen();
    }
    // A browser gives up on an answer that is no stream; then it is on us to come again, from where we are.
    function lost(): void {
      connected = false;
      source?.close();
      reopen();
    }
    function reopen(): void {
      clearTimeout(timer);
      timer = setTimeout(open, reopenMs * (0.5 + Math.random()));
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
      if (connected && gallery.cursor !== known) lost();
    }
    function back(): void {
      if (document.visibilityState === 'visible') void check();
    }

    open();
    pollLater();
    document.addEventListener('visibilitychange', back);
    window.addEventListener('online', back);
    return () => {
      source?.close();
      clearTimeout(timer);
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
