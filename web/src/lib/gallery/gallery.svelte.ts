import { Changes, type Frame, formatCursor, type MediaGrant, PhotoPage, type PhotoView } from '@kilat/contract';
import { call } from '#lib/api/client.ts';
import { follows, merge, read, tilesOf } from './order.ts';

/** Keeps one event's photos as this visitor may see them, newest first. */
export function createGallery(eventId: string, initial: PhotoPage) {
  let photos = $state.raw(initial.photos);
  const tiles = $derived(tilesOf(photos));
  let media = $state.raw(initial.media);
  let count = $state(initial.photo_count);
  let before = $state(initial.before);
  let cursor = $state(initial.cursor);
  let anchor = initial.photos[0]?.stored_seq;
  let busy: Promise<void> | undefined;
  let more: Promise<void> | undefined;
  // What went while an older page was on its way must not come back with it.
  const gone = new Set<string>();

  function apply(frame: Frame): void {
    const { changed, removed, cursor: to } = read(frame);
    // What is older than the loaded pages comes with its page.
    const oldest = before === null ? 0 : (photos.at(-1)?.stored_seq ?? 0);
    photos = merge(
      photos,
      changed.filter((photo) => photo.stored_seq >= oldest),
      removed,
    );
    for (const photoId of removed) gone.add(photoId);
    for (const { photo_id } of changed) gone.delete(photo_id);
    anchor ??= photos[0]?.stored_seq;
    cursor = formatCursor(to);
  }

  async function reload(): Promise<void> {
    const page = PhotoPage.parse(await call('GET', `/api/events/${eventId}/photos`));
    photos = page.photos;
    before = page.before;
    count = page.photo_count;
    media = page.media;
    cursor = page.cursor;
    anchor = photos[0]?.stored_seq;
  }

  async function catchUpNow(): Promise<void> {
    for (;;) {
      const changes = Changes.parse(await call('GET', `/api/events/${eventId}/changes?after=${cursor}`));
      media = changes.media;
      count = changes.photo_count;
      if (changes.resync || changes.frame === null) return reload();
      if (follows(cursor, changes.frame)) apply(changes.frame);
      if (changes.frame.to >= changes.head_seq) return;
    }
  }

  async function loadMoreNow(): Promise<void> {
    if (before === null) return;
    const page = PhotoPage.parse(await call('GET', `/api/events/${eventId}/photos?before=${before}`));
    before = page.before;
    photos = merge(page.photos, photos, gone);
  }

  return {
    /** Lists the photos that have a tile. */
    get photos(): readonly PhotoView[] {
      return tiles;
    },
    get media(): MediaGrant {
      return media;
    },
    get count(): number {
      return count;
    },
    get cursor(): string {
      return cursor;
    },
    get hasMore(): boolean {
      return before !== null;
    },
    /** Is how many photos have come in since the page was shown: the grid keeps its place below them. */
    get newer(): number {
      // By its place, for the photo itself may have gone, behind its pair's tile for one.
      const place = anchor;
      return place === undefined ? 0 : tiles.filter(({ stored_seq }) => stored_seq > place).length;
    },
    grant(next: MediaGrant): void {
      media = next;
    },
    setCount(photosNow: number): void {
      count = photosNow;
    },
    /** Applies a frame, or reads what was missed when it does not follow. */
    async take(frame: Frame): Promise<void> {
      if (follows(cursor, frame)) apply(frame);
      else await this.catchUp();
    },
    /** Reads what changed since the cursor; one at a time. */
    catchUp(): Promise<void> {
      busy ??= catchUpNow().finally(() => {
        busy = undefined;
      });
      return busy;
    },
    reload,
    /** Reads the next older page; one at a time. */
    loadMore(): Promise<void> {
      more ??= loadMoreNow().finally(() => {
        more = undefined;
      });
      return more;
    },
  };
}
export type Gallery = ReturnType<typeof createGallery>;
