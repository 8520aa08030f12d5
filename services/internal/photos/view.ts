import type { FailureClass, PhotoDetails, PhotoState, PhotoView, RenditionName } from '@kilat/contract';
import type { Queryable } from '../database/database.ts';

/** Names who looks: guests see what is visible, an event's team sees all that was stored, with details. */
export type Audience = 'guest' | 'team';

/** Is a photo's row as far as a view needs it. */
export interface PhotoRow {
  photoId: string;
  state: 'announced' | 'stored' | 'ready' | 'failed' | 'deleted';
  storedSeq: number | null;
  fileName: string;
  contentType: string | null;
  caption: string | null;
  uploaderName: string | null;
  albumId: string | null;
  size: number;
  sha256: string | null;
  width: number | null;
  height: number | null;
  thumbhash: string | null;
  version: number;
  renditions: RenditionName[];
  takenAt: Date | null;
  storedAt: Date | null;
  verifiedAt: Date | null;
  hiddenAt: Date | null;
  pairId: string | null;
  /** Says that this is a raw photo whose pair's other photo guests may see: that one is the tile of both. */
  isBehind: boolean;
  error: { class: FailureClass; code: string; message: string } | null;
  cameraMake: string | null;
  cameraModel: string | null;
  lens: string | null;
  exposureSeconds: number | null;
  fNumber: number | null;
  iso: number | null;
  focalLengthMm: number | null;
  takenOffsetMinutes: number | null;
  damaged: boolean;
  sharpness: number | null;
  clippedShare: number | null;
}

// What a guest may see of a photo by itself, whatever it is paired with.
const shows = (photo: string) =>
  `${photo}.stored_seq is not null and ${photo}.state in ('stored', 'ready') and ${photo}.hidden_at is null`;
const isBehind = `exists (select from photos tile where tile.event_id = photos.event_id and tile.photo_id = photos.pair_id
  and photos.photo_id <> photos.pair_id and ${shows('tile')})`;

/** Lists the columns of a PhotoRow: never the camera's serial number nor the place, for rows go into pages and frames. */
export const photoColumns = `photo_id as "photoId", state, stored_seq as "storedSeq", file_name as "fileName",
  content_type as "contentType", caption, uploader_name as "uploaderName", album_id as "albumId", size, sha256, width, height,
  thumbhash, version, renditions, taken_at as "takenAt", stored_at as "storedAt", verified_at as "verifiedAt",
  hidden_at as "hiddenAt", pair_id as "pairId", ${isBehind} as "isBehind", processing_error as error,
  camera_make as "cameraMake", camera_model as "cameraModel", lens,
  exposure_seconds as "exposureSeconds", f_number as "fNumber", iso, focal_length_mm as "focalLengthMm",
  taken_offset_minutes as "takenOffsetMinutes", damaged, sharpness, clipped_share as "clippedShare"`;

/** Says in SQL what `isVisible` says: which photos, of table photos by that name, an audience may see. */
export const visibleTo: Record<Audience, string> = {
  guest: `${shows('photos')} and not ${isBehind}`,
  team: `stored_seq is not null and state not in ('announced', 'deleted')`,
};

/** Tells whether an audience may see a photo; the event's state is judged by `authorize`. */
export function isVisible(row: PhotoRow, audience: Audience): boolean {
  if (row.storedSeq === null || row.state === 'deleted' || row.state === 'announced') return false;
  return audience === 'team' || (row.state !== 'failed' && row.hiddenAt === null && !row.isBehind);
}

/** Makes a photo's view for an audience; null when it may not see the photo. */
export function viewOf(row: PhotoRow, audience: Audience): PhotoView | null {
  if (!isVisible(row, audience) || row.storedSeq === null || row.storedAt === null) return null;
  const view: PhotoView = {
    photo_id: row.photoId,
    stored_seq: row.storedSeq,
    state: row.state as PhotoState,
    width: row.width,
    height: row.height,
    thumbhash: row.thumbhash,
    version: row.version,
    renditions: row.renditions,
    taken_at: row.takenAt?.toISOString() ?? null,
    stored_at: row.storedAt.toISOString(),
    album_id: row.albumId,
    caption: row.caption,
    uploader_name: row.uploaderName,
  };
  return audience === 'team' ? { ...view, details: detailsOf(row) } : view;
}

function detailsOf(row: PhotoRow): PhotoDetails {
  return {
    file_name: row.fileName,
    content_type: row.contentType,
    size: row.size,
    sha256: row.sha256,
    verified_at: row.verifiedAt?.toISOString() ?? null,
    pair_id: row.pairId,
    error: row.error,
    camera: [row.cameraMake, row.cameraModel].filter(Boolean).join(' ') || null,
    lens: row.lens,
    exposure_seconds: row.exposureSeconds,
    f_number: row.fNumber,
    iso: row.iso,
    focal_length_mm: row.focalLengthMm,
    taken_offset_minutes: row.takenOffsetMinutes,
    damaged: row.damaged,
    sharpness: row.sharpness,
    clipped_share: row.clippedShare,
  };
}

/** Reads the rows of some photos of one event. */
export async function readPhotos(from: Queryable, eventId: string, photoIds: readonly string[]): Promise<PhotoRow[]> {
  if (photoIds.length === 0) return [];
  return from.query<PhotoRow>(`select ${photoColumns} from photos where event_id = $1 and photo_id = any($2::uuid[])`, [
    eventId,
    photoIds,
  ]);
}
