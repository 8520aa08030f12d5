import type { Lane, PhotoView, StageName } from '@kilat/contract';
import type { Transaction } from '../database/database.ts';
import { Fault } from '../fault/fault.ts';
import type { Journal } from '../journal/journal.ts';
import { lockTiles, type Tiles } from './pair.ts';
import { readPhotos, viewOf } from './view.ts';

/** Names one stage of one photo. */
export interface StageKey {
  photoId: string;
  stage: StageName;
}

/**
 * Gives all that failed of a photo a new try: its failed stages are due at once. Throws missing when nothing failed. A photo
 * that could not be rendered anew, and is seen as before, stays so.
 */
export function retryPhoto(journal: Journal, eventId: string, photoId: string): Promise<PhotoView> {
  return journal.commit(eventId, async (tx) => {
    const tiles = await lockTiles(tx, eventId, [photoId]);
    const retried = await setDue(tx, eventId, await readFailed(tx, eventId, photoId), 'live');
    if (retried.length === 0) throw new Fault('missing', 'There is no such failed photo.', { code: 'photo_missing' });
    const [row] = await readPhotos(tx, eventId, [photoId]);
    const value = row === undefined ? null : viewOf(row, 'team');
    if (value === null) throw new Fault('missing', 'There is no such photo.', { code: 'photo_missing' });
    return { value, entries: await entriesOf(tiles, retried) };
  });
}

/** Gives stages that are still failed a new try in a lane, all in one commit; answers how many there were. */
export function retryStages(journal: Journal, eventId: string, keys: readonly StageKey[], lane: Lane): Promise<number> {
  const photoIds = [...new Set(keys.map(({ photoId }) => photoId))];
  return journal.commit(eventId, async (tx) => {
    const tiles = await lockTiles(tx, eventId, photoIds);
    const retried = await setDue(tx, eventId, keys, lane);
    return { value: retried.length, entries: await entriesOf(tiles, retried) };
  });
}

function readFailed(tx: Transaction, eventId: string, photoId: string): Promise<StageKey[]> {
  return tx.query<StageKey>(
    `select photo_id as "photoId", stage from stages where event_id = $1 and photo_id = $2 and state = 'failed'`,
    [eventId, photoId],
  );
}

async function setDue(tx: Transaction, eventId: string, keys: readonly StageKey[], lane: Lane): Promise<StageKey[]> {
  const retried = await tx.query<StageKey>(
    `update stages s set state = 'due', lane = $4, generation = generation + 1, attempts = 0, next_attempt_at = now(),
       error = null, error_class = null, discarded_at = null, discarded_by = null, discard_reason = null, updated_at = now()
     from unnest($2::uuid[], $3::text[]) as k(photo_id, stage)
     where s.event_id = $1 and s.photo_id = k.photo_id and s.stage = k.stage and s.state = 'failed'
     returning s.photo_id as "photoId", s.stage`,
    [eventId, keys.map(({ photoId }) => photoId), keys.map(({ stage }) => stage), lane],
  );
  const rendered = retried.filter(({ stage }) => stage === 'thumbnail').map(({ photoId }) => photoId);
  await tx.query(
    `update photos set state = case state when 'failed' then 'stored' else state end, processing_error = null
     where event_id = $1 and photo_id = any($2::uuid[]) and state <> 'deleted'`,
    [eventId, rendered],
  );
  return retried;
}

function entriesOf(tiles: Tiles, retried: readonly StageKey[]) {
  const stagesOf = Map.groupBy(retried, ({ photoId }) => photoId);
  const own = [...stagesOf].map(([photo_id, keys]) => {
    const data = { stages: keys.map(({ stage }) => stage).sort() };
    return { type: 'photo.retried', photo_id, data } as const;
  });
  return tiles.entries(own);
}
