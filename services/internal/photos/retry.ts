import type { PhotoView } from '@kilat/contract';
import { Fault } from '../fault/fault.ts';
import type { Journal } from '../journal/journal.ts';
import { lockTile } from './pair.ts';
import { readPhotos, viewOf } from './view.ts';

/** Gives a failed photo a new try: its failed stages are due at once. Throws missing when it has not failed. */
export function retryPhoto(journal: Journal, eventId: string, photoId: string): Promise<PhotoView> {
  return journal.commit(eventId, async (tx) => {
    const tile = await lockTile(tx, eventId, photoId);
    const rows = await tx.query(
      `update photos set state = 'stored', processing_error = null
       where event_id = $1 and photo_id = $2 and state = 'failed' and stored_seq is not null returning 1 as one`,
      [eventId, photoId],
    );
    if (rows.length === 0) throw new Fault('missing', 'There is no such failed photo.', { code: 'photo_missing' });
    await tx.query(
      `update stages set state = 'due', lane = 'live', generation = generation + 1, attempts = 0, next_attempt_at = now(),
         error = null, error_class = null
       where event_id = $1 and photo_id = $2 and state = 'failed'`,
      [eventId, photoId],
    );
    const [row] = await readPhotos(tx, eventId, [photoId]);
    const value = row === undefined ? null : viewOf(row, 'team');
    if (value === null) throw new Fault('missing', 'There is no such photo.', { code: 'photo_missing' });
    return { value, entries: await tile.entries({ type: 'photo.retried', photo_id: photoId }) };
  });
}
