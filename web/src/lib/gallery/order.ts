import { type Cursor, type Frame, type PhotoView, parseCursor } from '@kilat/contract';

/** Puts photos in the gallery's order, newest first, each once. */
export function merge(
  photos: readonly PhotoView[],
  changed: readonly PhotoView[],
  removed: ReadonlySet<string>,
): PhotoView[] {
  const byId = new Map(photos.map((photo) => [photo.photo_id, photo]));
  for (const photo of changed) byId.set(photo.photo_id, photo);
  for (const photoId of removed) byId.delete(photoId);
  return [...byId.values()].sort((a, b) => b.stored_seq - a.stored_seq);
}

/** Leaves out each raw photo whose pair's other photo is there to be seen: the two are one tile. Guests get no others. */
export function tilesOf(photos: readonly PhotoView[]): PhotoView[] {
  const seen = new Set(photos.flatMap(({ photo_id, state }) => (state === 'failed' ? [] : [photo_id])));
  return photos.filter(({ photo_id, details }) => {
    const tile = details?.pair_id ?? photo_id;
    return tile === photo_id || !seen.has(tile);
  });
}

/** Splits a frame into what changed, what goes, and where the reader stands behind it. */
export function read(frame: Frame): { changed: PhotoView[]; removed: Set<string>; cursor: Cursor } {
  const latest = new Map<string, PhotoView | null>();
  for (const { photo_id, photo } of frame.entries) if (photo_id !== undefined) latest.set(photo_id, photo ?? null);
  return {
    changed: [...latest.values()].filter((photo) => photo !== null),
    removed: new Set([...latest].filter(([, photo]) => photo === null).map(([photoId]) => photoId)),
    cursor: { epoch: frame.epoch, seq: frame.to },
  };
}

/** Tells whether a frame follows a cursor without a hole. */
export function follows(cursor: string, frame: Frame): boolean {
  const at = parseCursor(cursor);
  return at !== undefined && at.epoch === frame.epoch && at.seq === frame.from;
}
