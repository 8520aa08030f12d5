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
  entries(own: OwnEntry): Promise<NewEntry[]>;
}

/** Is the tiles of several photos. */
export interface Tiles {
  /** Answers the entries of a change of some of the photos, as of one. */
  entries(own: readonly OwnEntry[]): Promise<NewEntry[]>;
}

type OwnEntry = NewEntry & { photo_id: string };
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
  const tiles = await lockTiles(tx, eventId, [photoId]);
  return { entries: (own) => tiles.entries([own]) };
}

/** Locks the tiles of several photos as `lockTile` does one's. */
export async function lockTiles(tx: Transaction, eventId: string, photoIds: readonly string[]): Promise<Tiles> {
  // In one order, whoever asks: two that want the same tiles would otherwise wait for each other.
  await tx.query(
    `select pg_advisory_xact_lock(${lockClass}, tile) from (
       select distinct hashtext(event_id::text || ${stem('photos')}) as tile
       from photos where event_id = $1 and photo_id = any($2::uuid[]) order by tile offset 0
     ) tiles`,
    [eventId, photoIds],
  );
  const before = await readShown(tx, eventId, photoIds);
  return {
    async entries(own) {
      const after = await readShown(tx, eventId, photoIds);
      const told = new Set(own.map(({ photo_id }) => photo_id));
      const others = [...after.keys()].filter((id) => !told.has(id) && before.get(id) !== after.get(id));
      return [...own.map((entry) => withCount(entry, before, after)), ...others.map((id) => turned(id, before, after))];
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
  const before = await readShown(tx, eventId, [pair.raw]);
  await tx.query('update photos set pair_id = $2 where event_id = $1 and photo_id in ($2, $3)', [
    ...[eventId, pair.tile, pair.raw],
  ]);
  const after = await readShown(tx, eventId, [pair.raw]);
  const data = { pair_id: pair.tile };
  // Also the tile's own: whoever has it on a screen learns of its partner.
  return [
    withCount({ type: 'photo.paired', photo_id: pair.raw, data }, before, after),
    { type: 'photo.paired', photo_id: pair.tile, data },
  ];
}

/** Reads which of some photos and their partners guests see. */
async function readShown(tx: Transaction, eventId: string, photoIds: readonly string[]): Promise<Shown> {
  const rows = await tx.query<{ photoId: string; shown: boolean }>(
    `select photo_id as "photoId", (${visibleTo.guest}) as shown from photos where event_id = $1 and (photo_id = any($2::uuid[])
       or pair_id = any(array(select self.pair_id from photos self where self.event_id = $1 and self.photo_id = any($2::uuid[]))))`,
    [eventId, photoIds],
  );
  return new Map(rows.map(({ photoId: id, shown }) => [id, shown]));
}

function withCount(entry: OwnEntry, before: Shown, after: Shown): NewEntry {
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
