import { ChangeEvent, EventView, type PhotoPage } from '@kilat/contract';
import { createContext } from 'svelte';
import { call } from '#lib/api/client.ts';
import { createGallery } from '#lib/gallery/gallery.svelte.ts';
import { followEvent } from '#lib/live/follow.svelte.ts';
import { createUploader } from '#lib/upload/uploader.svelte.ts';
import { followFailing } from './failures/failing.svelte.ts';

/** Keeps what all tabs of an event share: its state, its photos, and the uploads that go on whatever tab is open. */
export function createStudioEvent(initial: EventView, page: PhotoPage, failed: number | undefined) {
  const eventId = initial.event_id;
  let event = $state.raw(initial);
  // A card has a stream of its own: two of them, and four uploads, would leave an HTTP/1.1 browser no connection.
  let resting = $state(false);
  const gallery = createGallery(eventId, page);
  const live = followEvent(eventId, gallery, { onEvent: (changed) => (event = changed), resting: () => resting });
  const failing = followFailing(eventId, failed);
  return {
    eventId,
    gallery,
    failing,
    uploader: createUploader(eventId),
    get event(): EventView {
      return event;
    },
    get connected(): boolean {
      return resting || live.connected;
    },
    /** Lets the event's stream rest while another one is followed; answers how to wake it. */
    rest(): () => void {
      resting = true;
      return () => {
        resting = false;
      };
    },
    /** Changes the event; throws what the server answers. */
    async change(wanted: ChangeEvent): Promise<void> {
      event = EventView.parse(await call('PATCH', `/api/events/${eventId}`, ChangeEvent.parse(wanted)));
    },
  };
}
export type StudioEvent = ReturnType<typeof createStudioEvent>;

/** Hands the event of a studio page to its tabs. */
export const [studioEvent, setStudioEvent] = createContext<StudioEvent>();
