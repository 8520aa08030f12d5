import type { Due } from '@kilat/contract';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { openTestEvent, type TestEvent } from '#internal/events/eventtest.ts';
import { readAfter } from '#internal/frames/frame.ts';
import { readEntries, readHead } from '#internal/journal/journal.ts';
import { readPage } from '#internal/photos/page.ts';
import { lockTile } from '#internal/photos/pair.ts';
import { retryPhoto } from '#internal/photos/retry.ts';
import { type Audience, isVisible, readPhotos, visibleTo } from '#internal/photos/view.ts';
import type { PictureFacts } from './picture.ts';
import { createRecord } from './record.ts';

let event: TestEvent;
beforeEach(async () => {
  event = await openTestEvent();
});
afterEach(() => event[Symbol.asyncDispose]());

const taken = (seconds: number) => new Date(Date.UTC(2026, 5, 1, 12) + seconds * 1_000);
const dueOf = (photoId: string, generation = 1): Due => {
  return { v: 1, event_id: event.eventId, photo_id: photoId, stage: 'thumbnail', lane: 'live', generation };
};

/** Stores a photo by a file name; its ending tells its type. */
async function store(name: string): Promise<string> {
  const photoId = await event.addPhoto(name);
  const type = { NEF: 'image/x-nikon-nef', CR3: 'image/x-canon-cr3', HEIC: 'image/heic' }[name.split('.').at(-1) ?? ''];
  await event.database.query(`update photos set content_type = coalesce($2, 'image/jpeg') where photo_id = $1`, [
    photoId,
    type ?? null,
  ]);
  return photoId;
}

/** Commits a photo as rendered, as target thumbnail does. */
function render(photoId: string, exif: PictureFacts['exif'] = { takenAt: taken(0) }, generation = 1) {
  const measures = { phash: '0123456789abcdef', sharpness: 300, clippedShare: 0 };
  const facts = { width: 6000, height: 4000, thumbhash: 'aaaa', damaged: false, exif, ...measures };
  const shown = { version: generation, renditions: ['small', 'medium', 'large'] } as const;
  return createRecord(event.journal).rendered(dueOf(photoId, generation), facts, shown);
}

function fail(photoId: string, generation = 1) {
  const failure = { state: 'failed', class: 'invalid', error: 'It does not decode.', code: 'not_a_photo' } as const;
  return createRecord(event.journal).failed(dueOf(photoId, generation), failure);
}

/** Makes a photo's work due anew, as a backfill does. */
async function dueAnew(photoId: string, generation: number): Promise<void> {
  await event.database.query(`update stages set state = 'due', generation = $2 where photo_id = $1`, [
    photoId,
    generation,
  ]);
}

async function pairOf(photoId: string): Promise<string | null | undefined> {
  return (await readPhotos(event.database, event.eventId, [photoId]))[0]?.pairId;
}

/** Answers what an audience sees on a page; asserts that guests count what they see. */
async function seenBy(audience: Audience): Promise<string[]> {
  const page = await readPage(event.database, { eventId: event.eventId, audience, before: undefined, limit: 100 });
  if (audience === 'guest') expect(page?.photos.length).toBe(page?.head.photoCount);
  return page?.photos.map(({ photo_id }) => photo_id) ?? [];
}

async function pairingsOf(photoId: string) {
  const entries = await readEntries(event.database, event.eventId, 0, 1_000);
  return entries.filter((entry) => entry.photo_id === photoId && /paired$/.test(entry.type)).map(({ type }) => type);
}

const orders = [
  { name: 'the raw photo first', order: (jpeg: string, raw: string) => [raw, jpeg] },
  { name: 'the JPEG first', order: (jpeg: string, raw: string) => [jpeg, raw] },
];
test.each(orders)('raw and JPEG of one frame become one tile, rendered $name', async ({ order }) => {
  const [jpeg, raw] = [await store('DSC_0001.JPG'), await store('DCIM/100/dsc_0001.NEF')];
  for (const photoId of order(jpeg, raw)) expect(await render(photoId)).toBe(true);
  expect([await pairOf(jpeg), await pairOf(raw)]).toEqual([jpeg, jpeg]);
  expect(await seenBy('guest')).toEqual([jpeg]);
  expect(await seenBy('team')).toEqual([raw, jpeg]);
  expect([await pairingsOf(raw), await pairingsOf(jpeg)]).toEqual([['photo.paired'], ['photo.paired']]);
});

test('a client that follows sees the raw photo go, and the team both with the id of their pair', async () => {
  const [jpeg, raw] = [await store('DSC_0001.JPG'), await store('DSC_0001.NEF')];
  await render(jpeg);
  const head = await readHead(event.database, event.eventId);
  const cursor = { epoch: head?.epoch ?? '', seq: head?.seq ?? 0 };
  await render(raw);
  const entriesFor = async (audience: Audience) =>
    (await readAfter(event.database, event.eventId, audience, cursor))?.frame?.entries ?? [];
  const guests = await entriesFor('guest');
  expect(guests.map(({ photo_id, photo }) => [photo_id, photo?.photo_id])).toEqual([
    [raw, undefined],
    [raw, undefined],
    [jpeg, jpeg],
  ]);
  expect((await entriesFor('team')).map(({ photo }) => photo?.details?.pair_id)).toEqual([jpeg, jpeg, jpeg]);
});

const others: { name: string; one: string; other: string; exif?: [PictureFacts['exif'], PictureFacts['exif']] }[] = [
  { name: 'two raw photos', one: 'A.NEF', other: 'A.CR3' },
  { name: 'two that are not raw', one: 'A.JPG', other: 'A.HEIC' },
  { name: 'other names', one: 'A1.JPG', other: 'A2.NEF' },
  { name: 'other times', one: 'A.JPG', other: 'A.NEF', exif: [{ takenAt: taken(0) }, { takenAt: taken(2.1) }] },
  { name: 'an unknown time', one: 'A.JPG', other: 'A.NEF', exif: [{ takenAt: taken(0) }, {}] },
  {
    name: 'other cameras',
    one: 'A.JPG',
    other: 'A.NEF',
    exif: [
      { takenAt: taken(0), cameraSerial: '1' },
      { takenAt: taken(0), cameraSerial: '2' },
    ],
  },
];
test.each(others)('$name are two tiles', async ({ one, other, exif }) => {
  const ids = [await store(one), await store(other)];
  for (const [n, photoId] of ids.entries()) await render(photoId, exif?.[n]);
  expect((await seenBy('guest')).toSorted()).toEqual(ids.toSorted());
});

test('a HEIC, a second of difference, and a serial number that one of the two does not tell, are no hindrance', async () => {
  const [heic, raw] = [await store('IMG.0001.HEIC'), await store('img.0001.CR3')];
  await render(heic, { takenAt: taken(0), cameraSerial: '1' });
  await render(raw, { takenAt: taken(1.9) });
  expect(await seenBy('guest')).toEqual([heic]);
});

test('of three files of one name, two are a pair and the third is a tile of its own', async () => {
  const [jpeg, raw, edited] = [await store('A.JPG'), await store('A.NEF'), await store('export/A.jpg')];
  for (const photoId of [jpeg, raw, edited]) await render(photoId);
  expect([await pairOf(jpeg), await pairOf(raw), await pairOf(edited)]).toEqual([jpeg, jpeg, null]);
  expect(await seenBy('guest')).toEqual([edited, jpeg]);
});

test('two cameras that count alike and shoot at once make two pairs', async () => {
  const names = ['A.JPG', 'A.JPG', 'A.NEF', 'A.NEF'];
  const [first = '', second = '', firstRaw = '', secondRaw = ''] = await Promise.all(names.map(store));
  const exif = (cameraSerial: string) => ({ takenAt: taken(0), cameraSerial });
  await Promise.all([render(first, exif('1')), render(second, exif('2'))]);
  await Promise.all([render(secondRaw, exif('2')), render(firstRaw, exif('1'))]);
  expect([await pairOf(firstRaw), await pairOf(secondRaw)]).toEqual([first, second]);
  expect((await seenBy('guest')).toSorted()).toEqual([first, second].toSorted());
});

test('photos of two events are never a pair', async () => {
  const [jpeg, raw] = [await store('A.JPG'), await store('A.NEF')];
  await render(jpeg);
  await event.database.query('update photos set event_id = $2 where photo_id = $1', [jpeg, event.foreignEventId]);
  await render(raw);
  expect(await pairOf(raw)).toBeNull();
});

describe('a tile that changes', () => {
  let jpeg: string;
  let raw: string;
  beforeEach(async () => {
    [jpeg, raw] = [await store('A.JPG'), await store('A.NEF')];
    for (const photoId of [jpeg, raw]) await render(photoId);
  });

  test('rendering a photo anew, or its failing, leaves the pair and what guests see as it is', async () => {
    await dueAnew(jpeg, 2);
    await render(jpeg, undefined, 2);
    await dueAnew(raw, 2);
    await fail(raw, 2);
    await dueAnew(jpeg, 3);
    await fail(jpeg, 3);
    expect(await seenBy('guest')).toEqual([jpeg]);
    expect([await pairOf(jpeg), await pairingsOf(raw)]).toEqual([jpeg, ['photo.paired']]);
    const [row] = await readPhotos(event.database, event.eventId, [jpeg]);
    expect(row).toMatchObject({ state: 'ready', version: 2, error: { code: 'not_a_photo' } });
  });

  test('a raw photo whose tile fails is a tile of its own until that one is back', async () => {
    await event.database.query(`update photos set state = 'stored' where photo_id = $1`, [jpeg]);
    await dueAnew(jpeg, 2);
    await fail(jpeg, 2);
    expect(await seenBy('guest')).toEqual([raw]);
    await retryPhoto(event.journal, event.eventId, jpeg);
    expect(await seenBy('guest')).toEqual([jpeg]);
    await render(jpeg, undefined, 3);
    expect(await seenBy('guest')).toEqual([jpeg]);
    expect(await pairingsOf(raw)).toEqual(['photo.paired', 'photo.unpaired', 'photo.paired']);
  });

  const leavings = [
    { name: 'hidden', column: 'hidden_at = now()', back: 'hidden_at = null' },
    { name: 'deleted', column: `state = 'deleted'`, back: `state = 'ready'` },
  ];
  test.each(leavings)('a raw photo whose tile is $name is a tile of its own, and with it back no more', async (one) => {
    const change = (set: string) =>
      event.journal.commit(event.eventId, async (tx) => {
        const tile = await lockTile(tx, event.eventId, jpeg);
        await tx.query(`update photos set ${set} where photo_id = $1`, [jpeg]);
        return { value: undefined, entries: await tile.entries({ type: 'photo.verified', photo_id: jpeg }) };
      });
    await change(one.column);
    expect(await seenBy('guest')).toEqual([raw]);
    await change(one.back);
    expect(await seenBy('guest')).toEqual([jpeg]);
  });

  test('a raw photo that fails behind its tile changes no number', async () => {
    await event.database.query(`update photos set state = 'stored' where photo_id = $1`, [raw]);
    await dueAnew(raw, 2);
    await fail(raw, 2);
    expect(await seenBy('guest')).toEqual([jpeg]);
    await retryPhoto(event.journal, event.eventId, raw);
    expect(await seenBy('guest')).toEqual([jpeg]);
  });
});

test('a failed photo that is rendered after all counts again', async () => {
  const photoId = await store('A.JPG');
  await fail(photoId);
  expect(await seenBy('guest')).toEqual([]);
  await dueAnew(photoId, 2);
  await fail(photoId, 2);
  await dueAnew(photoId, 3);
  await render(photoId, undefined, 3);
  expect(await seenBy('guest')).toEqual([photoId]);
});

test('two workers that finish the two photos of a frame at once make a pair, always, and never wait for each other', async () => {
  const frames = await Promise.all(
    Array.from({ length: 30 }, async (_, n) => ({ jpeg: await store(`F${n}.JPG`), raw: await store(`F${n}.NEF`) })),
  );
  const record = createRecord(event.journal);
  for (const { jpeg, raw } of frames) {
    const works = [render(raw), render(jpeg), render(jpeg), record.verified(dueOf(raw), 'ab')];
    expect((await Promise.all(works)).filter(Boolean).length).toBe(3);
    expect([await pairOf(jpeg), await pairOf(raw)]).toEqual([jpeg, jpeg]);
  }
  for (const { jpeg, raw } of frames) for (const photoId of [jpeg, raw]) await dueAnew(photoId, 2);
  for (let n = 0; n < frames.length; n += 5)
    await Promise.all(
      frames.slice(n, n + 5).flatMap(({ jpeg, raw }) => [render(jpeg, undefined, 2), render(raw, undefined, 2)]),
    );
  expect((await seenBy('guest')).length).toBe(30);
  const [row] = await event.database.query<{ deadlocks: number }>(
    'select deadlocks from pg_stat_database where datname = current_database()',
  );
  expect(row?.deadlocks).toBe(0);
});

test('a query and a view agree on which photos an audience may see', async () => {
  const states = ['announced', 'stored', 'ready', 'failed', 'deleted'];
  // Of each pair: the state of the tile and of the raw photo, and which of the two is hidden.
  await event.database.query(
    `with pairs as (
       select gen_random_uuid() as tile, gen_random_uuid() as raw, t as tile_state, r as raw_state, hidden
       from unnest($2::text[]) t, unnest($2::text[]) r, unnest(array['neither', 'tile', 'raw']) hidden
     )
     insert into photos (event_id, photo_id, pair_id, file_name, size, state, stored_seq, stored_at, hidden_at)
     select $1, photo_id, pair_id, 'A', 1, state, case when state <> 'announced' then 1 end, now(), case when hidden then now() end
     from (select tile as photo_id, tile as pair_id, tile_state as state, hidden = 'tile' as hidden from pairs
       union all select raw, tile, raw_state, hidden = 'raw' from pairs) both_photos`,
    [event.eventId, states],
  );
  // Announced and deleted ones are nobody's; guests see neither failed nor hidden ones, and of a whole pair the tile alone.
  for (const [audience, count] of [['guest', 36] as const, ['team', 90] as const]) {
    const found = await event.database.query<{ photoId: string; queried: boolean }>(
      `select photo_id as "photoId", ${visibleTo[audience]} as queried from photos where event_id = $1`,
      [event.eventId],
    );
    const ids = found.map(({ photoId }) => photoId);
    const rows = await readPhotos(event.database, event.eventId, ids);
    const viewed = new Map(rows.map((row) => [row.photoId, isVisible(row, audience)]));
    expect(found.filter(({ queried, photoId }) => queried !== viewed.get(photoId))).toEqual([]);
    expect([found.length, found.filter(({ queried }) => queried).length]).toEqual([150, count]);
  }
});
