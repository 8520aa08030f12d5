import type { Transaction } from '../database/database.ts';
import type { NewEntry } from '../journal/journal.ts';
import { visibleTo } from './view.ts';

/**
 * Is the tile that a photo has, or shares with the other photo of its pair: of a raw photo and the JPEG (or HEIC) of the same
 * frame guests see one tile, the JPEG's, and count one.
 */
export interface Tile {
  /**
   * Answers the entries of a change that was made since: the photo's own, with what it does to the number of photos, and
   * photo.unpaired or photo.paired of a raw photo that thereby becomes a tile of its own, or is one no more.
   */
  entries(own: NewEntry & { photo_id: string }): Promise<NewEntry[]>;
}

type Shown = Map<string, boolean>;

// Any constant does, as long as every transaction that may change a tile takes locks of this class.
const lockClass = 7_304_115;
const stem = (photo: string) => String.raw`lower(regexp_replace(${photo}.file_name, '^.*[/\\]|\.[^.]*$', '', 'g'))`;
const isRaw = (photo: string) => `${photo}.content_type like 'image/x-%'`;

/**
 * Locks a photo's tile until the transaction ends. To be called before the transaction changes anything: two that are about
 * to change the two photos of a pair would otherwise wait for each other, or not see each other.
 */
export async function lockTile(tx: Transaction, eventId: string, photoId: string): Promise<Tile> {
  await tx.query(
    `select pg_advisory_xact_lock(${lockClass}, hashtext(event_id::text || ${stem('photos')}))
     from photos where event_id = $1 and photo_id = $2`,
    [eventId, photoId],
  );
  const before = await readShown(tx, eventId, photoId);
  return {
    async entries(own) {
      const after = await readShown(tx, eventId, photoId);
      const others = [...after.keys()].filter((id) => id !== photoId && before.get(id) !== after.get(id));
      return [withCount(own, before, after), ...others.map((id) => turned(id, before, after))];
    },
  };
}

/**
 * Pairs a photo that was just rendered with the other photo of its frame, if there is one that has no partner: same name but
 * for folder, case and ending, taken within 2 s, not by another camera, one of them raw. Answers the entries to append. The
 * transaction must hold the photo's tile, and have written what the photo's file tells.
 */
export async function pairUp(tx: Transaction, eventId: string, photoId: string): Promise<NewEntry[]> {
  const pair = await findPair(tx, eventId, photoId);
  if (pair === undefined) return [];
  const before = await readShown(tx, eventId, pair.raw);
  await tx.query('update photos set pair_id = $2 where event_id = $1 and photo_id in ($2, $3)', [
    ...[eventId, pair.tile, pair.raw],
  ]);
  const after = await readShown(tx, eventId, pair.raw);
  const data = { pair_id: pair.tile };
  // Also the tile's own: whoever has it on a screen learns of its partner.
  return [
    withCount({ type: 'photo.paired', photo_id: pair.raw, data }, before, after),
    { type: 'photo.paired', photo_id: pair.tile, data },
  ];
}

/** Reads which of a photo and its partner guests see. */
async function readShown(tx: Transaction, eventId: string, photoId: string): Promise<Shown> {
  const rows = await tx.query<{ photoId: string; shown: boolean }>(
    `select photo_id as "photoId", (${visibleTo.guest}) as shown from photos where event_id = $1 and (photo_id = $2
       or pair_id = (select self.pair_id from photos self where self.event_id = $1 and self.photo_id = $2))`,
    [eventId, photoId],
  );
  return new Map(rows.map(({ photoId: id, shown }) => [id, shown]));
}

function withCount(entry: NewEntry & { photo_id: string }, before: Shown, after: Shown): NewEntry {
  const [was, is] = [before.get(entry.photo_id) ?? false, after.get(entry.photo_id) ?? false];
  return was === is ? entry : { ...entry, count: is ? 1 : -1 };
}

function turned(photoId: string, before: Shown, after: Shown): NewEntry {
  const type = after.get(photoId) ? 'photo.unpaired' : 'photo.paired';
  return withCount({ type, photo_id: photoId }, before, after);
}

// Of several that fit the likeliest: surely the same camera, then the same hands, then the closest in time.
async function findPair(tx: Transaction, eventId: string, photoId: string) {
  const [pair] = await tx.query<{ tile: string; raw: string }>(
    `select case when ${isRaw('one')} then other.photo_id else one.photo_id end as tile,
       case when ${isRaw('one')} then one.photo_id else other.photo_id end as raw
     from photos one join photos other on other.event_id = one.event_id and other.state = 'ready' and other.pair_id is null
       and other.taken_at between one.taken_at - interval '2 seconds' and one.taken_at + interval '2 seconds'
       and (${isRaw('other')}) <> (${isRaw('one')}) and ${stem('other')} = ${stem('one')}
       and (one.camera_serial = other.camera_serial) is not false
     where one.event_id = $1 and one.photo_id = $2 and one.state = 'ready' and one.pair_id is null
     order by (one.camera_serial = other.camera_serial) is true desc, (one.uploader_id = other.uploader_id) is true desc,
       abs(extract(epoch from one.taken_at - other.taken_at)), other.stored_seq limit 1`,
    [eventId, photoId],
  );
  return pair;
}
