import type { PhotoAnswer } from '@kilat/contract';
import { readBackups } from '../backups/view.ts';
import type { Queryable } from '../database/database.ts';
import { type Audience, type PhotoRow, photoColumns, viewOf } from './view.ts';

/** Asks for one photo; `place` where the caller may know where it was taken, `backups` where its second copies are. */
export interface PhotoRequest {
  eventId: string;
  photoId: string;
  audience: Audience;
  place: boolean;
  backups?: boolean;
}

type Row = PhotoRow & { cameraSerial: string | null; latitude: number | null; longitude: number | null };

/** Reads one photo with what is in no page: the camera's serial number, the place, the copies. Undefined if unseen. */
export async function readAnswer(from: Queryable, request: PhotoRequest): Promise<PhotoAnswer | undefined> {
  const { eventId, photoId, audience, place, backups } = request;
  const [row] = await from.query<Row>(
    `select ${photoColumns}, camera_serial as "cameraSerial", latitude, longitude from photos
     where event_id = $1 and photo_id = $2`,
    [eventId, photoId],
  );
  const view = row && viewOf(row, audience);
  if (row === undefined || !view) return undefined;
  return {
    ...view,
    ...(audience === 'team' && { camera_serial: row.cameraSerial }),
    ...(place && { location: locationOf(row) }),
    ...(backups && { backups: (await readBackups(from, eventId, [photoId])).get(photoId) ?? [] }),
  };
}

function locationOf({ latitude, longitude }: Row): PhotoAnswer['location'] {
  return latitude === null || longitude === null ? null : { latitude, longitude };
}
