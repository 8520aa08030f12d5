import type { FailurePage, FailureStage } from '@kilat/contract';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { openTestEvent, type TestEvent } from '../events/eventtest.ts';
import { readEntries, readHead } from '../journal/journal.ts';
import { retryPhoto } from '../photos/retry.ts';
import { visibleTo } from '../photos/view.ts';
import { type FailureRequest, readFailures } from './failures.ts';
import { failureSettler } from './failuresettle.ts';
import { markFailed } from './store.ts';

let event: TestEvent;
let eventId = '';
beforeAll(async () => {
  event = await openTestEvent();
});
beforeEach(async () => {
  eventId = (await event.events.create(event.ownerId, { title: 'New' })).event_id;
});
afterAll(() => event[Symbol.asyncDispose]());

const read = (request: Partial<FailureRequest> = {}) =>
  readFailures(event.database, { eventId, limit: 50, ...request });
const settler = () => failureSettler(event.database, event.journal);
const listed = ({ failures }: Pick<FailurePage, 'failures'>) => failures.map(({ photo_id }) => photo_id);

/** Stores photos of which the work of a stage failed, all in one moment and in order of their ids. */
async function addFailed(count: number, { stage = 'thumbnail', errorClass = 'invalid', state = 'failed' } = {}) {
  const rows = await event.database.query<{ photoId: string }>(
    `with made as (
       insert into photos (event_id, photo_id, file_name, content_type, size, state, stored_seq, stored_at)
       select $1, ('01890000-0000-7000-8000-' || lpad(n::text, 12, '0'))::uuid, 'DSC_' || n || '.JPG', 'image/jpeg', 1, $3, n, now()
       from (select n + coalesce((select max(stored_seq) from photos where event_id = $1), 0) from generate_series(1, $2::int) n) s(n)
       returning photo_id
     ) insert into stages (event_id, photo_id, stage, state, attempts, error_class, error)
     select $1, photo_id, $4, 'failed', 6, $5, 'It does not work.' from made returning photo_id as "photoId"`,
    [eventId, count, state, stage, errorClass],
  );
  await event.database.query(`update heads set photo_count = (${visible}) where event_id = $1`, [eventId]);
  return rows.map(({ photoId }) => photoId).sort();
}

const visible = `select count(*)::int as count from photos where event_id = $1 and (${visibleTo.guest})`;

async function stageOf(photoId: string) {
  const sql = `select state, lane, generation, attempts, error_class as class from stages where event_id = $1 and photo_id = $2`;
  return (await event.database.query(sql, [eventId, photoId]))[0];
}

async function entriesOf(type: string) {
  const entries = await readEntries(event.database, eventId, 0, 10_000);
  return entries.filter((entry) => entry.type === type);
}

async function expectCountIsTrue(): Promise<void> {
  const [row] = await event.database.query<{ count: number }>(visible, [eventId]);
  expect((await readHead(event.database, eventId))?.photoCount).toBe(row?.count);
}

test('what failed in one moment is listed once, page by page', async () => {
  const photoIds = await addFailed(5);
  const seen: string[] = [];
  let before: string | undefined;
  do {
    const page = await read({ limit: 2, before });
    seen.push(...listed(page));
    before = page.before ?? undefined;
  } while (before !== undefined);
  expect(seen).toEqual(photoIds.toReversed());
});

test('a failure says what, why, when and how often; the first page counts all', async () => {
  const [photoId] = await addFailed(1);
  await addFailed(2, { stage: 'backup', errorClass: 'network', state: 'ready' });
  const page = await read({ class: 'invalid' });
  expect(page.failures).toMatchObject([
    {
      ...{ photo_id: photoId, stage: 'thumbnail', class: 'invalid', error: 'It does not work.', attempts: 6 },
      ...{ code: null, file_name: 'DSC_1.JPG', photo_state: 'failed', retryable: true },
    },
  ]);
  expect(Math.abs(Date.now() - Date.parse(page.failures[0]?.failed_at ?? ''))).toBeLessThan(60_000);
  const network = { stage: 'backup', class: 'network', count: 2 } as const;
  expect(page.counts).toBeUndefined();
  expect((await read()).counts).toEqual([network, { stage: 'thumbnail', class: 'invalid', count: 1 }]);
  expect(listed(await read({ stage: 'backup' }))).toHaveLength(2);
  expect(listed(await read({ stage: 'upload' }))).toEqual([]);
});

const ends = [
  { state: 'refused', want: { class: 'invalid', code: 'not_a_photo' } },
  { state: 'gone', want: { class: 'server', code: 'upload_gone' } },
  { state: 'expired', want: { class: 'network', code: 'upload_expired' } },
];
test.each(ends)('an upload that ended $state is listed, and is for its uploader to send again', async (end) => {
  const [photoId = ''] = await addFailed(1);
  await event.database.query(`delete from stages where event_id = $1 and photo_id = $2`, [eventId, photoId]);
  await event.database.query(
    `insert into uploads (event_id, photo_id, state, refusal, length, metadata) values ($1, $2, $3, $4, 1, '{}')`,
    [eventId, photoId, end.state, end.want.code],
  );
  const want = { photo_id: photoId, stage: 'upload', ...end.want, retryable: false };
  expect((await read()).failures).toMatchObject([want]);
  expect(await settler().retry(eventId, { all: true })).toMatchObject({ count: 0, more: false });
  await settler().discard(eventId, event.ownerId, { photo_ids: [photoId], reason: 'sent_again' });
  expect(await read()).toMatchObject({ failures: [], counts: [], discarded: 1 });
});

test('requests for the same photos at once give them one new try each, at once, and say so in the journal once', async () => {
  const [first = '', second = '', third = ''] = await addFailed(3);
  const retry = () => settler().retry(eventId, { photo_ids: [first, second] });
  const answers = await Promise.all([retry(), retry(), retry()]);
  expect(answers.map(({ count }) => count).reduce((sum, count) => sum + count)).toBe(2);
  const again = { state: 'due', lane: 'live', generation: 2, attempts: 0, class: null };
  expect([await stageOf(first), await stageOf(second)]).toEqual([again, again]);
  expect(listed(await read())).toEqual([third]);
  expect((await entriesOf('photo.retried')).map(({ photo_id, data }) => [photo_id, data]).sort()).toEqual([
    [first, { stages: ['thumbnail'] }],
    [second, { stages: ['thumbnail'] }],
  ]);
  await expectCountIsTrue();
});

test('all are retried 1,000 a request, behind the photos that come in; what fails again meanwhile waits for a person', async () => {
  await addFailed(1_010);
  const first = await settler().retry(eventId, { all: true });
  expect(first).toMatchObject({ count: 1_000, more: true });
  const [done] = await entriesOf('photo.retried');
  expect(await stageOf(done?.photo_id ?? '')).toMatchObject({ state: 'due', lane: 'bulk' });
  await event.database.query(
    `update stages set state = 'failed', updated_at = now() where event_id = $1 and photo_id = $2`,
    [...[eventId, done?.photo_id]],
  );
  const second = await settler().retry(eventId, { all: true, until: first.until });
  expect(second).toEqual({ count: 10, more: false, until: first.until });
  expect(listed(await read())).toEqual([done?.photo_id]);
  expect(new Set((await entriesOf('photo.retried')).map(({ photo_id }) => photo_id)).size).toBe(1_010);
});

test('only the class or stage that is asked for is retried', async () => {
  await addFailed(2);
  await addFailed(3, { stage: 'backup', errorClass: 'network' });
  expect(await settler().retry(eventId, { all: true, class: 'server' })).toMatchObject({ count: 0 });
  expect(await settler().retry(eventId, { all: true, stage: 'backup' })).toMatchObject({ count: 3 });
  const { counts } = await read();
  expect(counts).toEqual([{ stage: 'thumbnail', class: 'invalid', count: 2 }]);
});

test('a failed backup is retried without a word about the picture', async () => {
  const [photoId = ''] = await addFailed(1, { stage: 'backup', state: 'ready' });
  await settler().retry(eventId, { all: true });
  const [photo] = await event.database.query(`select state from photos where event_id = $1 and photo_id = $2`, [
    eventId,
    photoId,
  ]);
  expect([photo, await stageOf(photoId)]).toMatchObject([{ state: 'ready' }, { state: 'due' }]);
});

test('a photo that could not be rendered anew is retried while guests go on seeing it', async () => {
  const [photoId = ''] = await addFailed(1, { state: 'ready' });
  expect((await read()).failures).toMatchObject([{ photo_id: photoId, photo_state: 'ready', retryable: true }]);
  expect(await retryPhoto(event.journal, eventId, photoId)).toMatchObject({ state: 'ready' });
  expect(await stageOf(photoId)).toMatchObject({ state: 'due', lane: 'live', generation: 2 });
  await expect(retryPhoto(event.journal, eventId, photoId)).rejects.toMatchObject({ code: 'photo_missing' });
  await expectCountIsTrue();
});

test('a RAW and its JPEG that are retried in one commit are one tile again, and count one', async () => {
  const [raw = '', jpeg = ''] = await addFailed(2);
  const raws = `file_name = 'DSC_2.NEF', content_type = 'image/x-nikon-nef'`;
  await event.database.query(`update photos set ${raws} where event_id = $1 and photo_id = $2`, [eventId, raw]);
  await event.database.query(`update photos set pair_id = $2 where event_id = $1`, [eventId, jpeg]);
  await expectCountIsTrue();
  expect(await settler().retry(eventId, { photo_ids: [raw, jpeg] })).toMatchObject({ count: 2 });
  await expectCountIsTrue();
  expect((await readHead(event.database, eventId))?.photoCount).toBe(1);
});

test('what is set aside is listed no more but counted, with its reason in the journal, until it fails again', async () => {
  const [photoId = '', other = ''] = await addFailed(2);
  const discard = () => settler().discard(eventId, event.ownerId, { photo_ids: [photoId], reason: 'not_a_photo' });
  expect([await discard(), await discard()]).toMatchObject([{ count: 1 }, { count: 0 }]);
  expect(await read()).toMatchObject({ failures: [{ photo_id: other }], discarded: 1 });
  const [entry, ...more] = await entriesOf('failure.discarded');
  expect([entry?.photo_id, entry?.data, more]).toEqual([
    photoId,
    { stage: 'thumbnail', class: 'invalid', by: event.ownerId, reason: 'not_a_photo' },
    [],
  ]);
  const [photo] = await event.database.query(`select state from photos where event_id = $1 and photo_id = $2`, [
    eventId,
    photoId,
  ]);
  expect(photo).toEqual({ state: 'failed' });
  await retryPhoto(event.journal, eventId, photoId);
  const due = {
    v: 1,
    event_id: eventId,
    photo_id: photoId,
    stage: 'thumbnail',
    lane: 'live',
    generation: 2,
  } as const;
  const failure = { state: 'failed', class: 'server', error: 'Again.', code: 'internal' } as const;
  await event.database.transaction((tx) => markFailed(tx, due, failure));
  expect(listed(await read())).toEqual([photoId, other]);
  expect((await read()).discarded).toBe(0);
});

test('a failure that was set aside comes back when the photo fails in another way', async () => {
  const [photoId = ''] = await addFailed(1);
  const stage: FailureStage = 'thumbnail';
  await settler().discard(eventId, event.ownerId, { all: true, stage, reason: 'other' });
  expect((await read()).failures).toEqual([]);
  await event.database.query(
    `update stages set error = 'Gone.', updated_at = now() where event_id = $1 and photo_id = $2`,
    [eventId, photoId],
  );
  expect((await read()).failures).toMatchObject([{ photo_id: photoId, error: 'Gone.' }]);
});
