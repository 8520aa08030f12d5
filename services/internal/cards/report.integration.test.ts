import { randomBytes, randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { allowancesOf, announceLimits } from '../admission/allowance.ts';
import { admissionSettings } from '../admission/settings.ts';
import { announceProviders } from '../backups/plan.ts';
import { readSettings } from '../env/env.ts';
import { openTestEvent, type TestEvent } from '../events/eventtest.ts';
import { jobStore } from '../jobs/store.ts';
import { readCardReport } from './report.ts';

let event: TestEvent;
beforeAll(async () => {
  event = await openTestEvent();
});
afterAll(() => event[Symbol.asyncDispose]());

const steps = ['photo.stored', 'photo.verified', 'photo.backed_up'] as const;
const stamps = [
  `state = 'stored', stored_at = now()`,
  `state = 'ready', verified_at = now()`,
  `backed_up_at = now()`,
] as const;

async function announce(count: number) {
  const jobs = jobStore(
    event.database,
    event.journal,
    announceLimits(allowancesOf(readSettings(admissionSettings, {}))),
  );
  const uploader = {
    uploaderId: event.ownerId,
    accountId: event.ownerId,
    name: 'Citra',
    role: 'photographer',
  } as const;
  // Each card's files are its own: equal ones would be duplicates, or go on where they were.
  const files = Array.from({ length: count }, () => ({
    name: 'DSC.JPG',
    size: 1_000,
    sha256: randomBytes(32).toString('hex'),
  }));
  return jobs.create({ eventId: event.eventId, uploader, way: 'tus', files });
}

/** Lets a photo go so many steps: stored, verified, backed up. */
async function advance(photoId: string, count: number): Promise<void> {
  for (const [at, type] of steps.slice(0, count).entries()) {
    await event.journal.commit(event.eventId, async (tx) => {
      await tx.query(`update photos set ${stamps[at]} where photo_id = $1`, [photoId]);
      return { value: undefined, entries: [{ type, photo_id: photoId }] };
    });
  }
}

const report = (jobId: string, ownedBy?: string) =>
  readCardReport(event.database, { eventId: event.eventId, jobId, ownedBy });

test.each([
  { name: 'all verified and backed up', reached: [3, 3, 3], verdict: 'safe_to_format' },
  { name: 'all verified, one not backed up', reached: [3, 2, 3], verdict: 'not_backed_up' },
  { name: 'one stored, not yet verified', reached: [3, 1, 3], verdict: 'incomplete' },
  { name: 'one announced and never sent', reached: [3, 0, 3], verdict: 'incomplete' },
])('the verdict of a card with $name is $verdict', async ({ reached, verdict }) => {
  const { job_id, files } = await announce(reached.length);
  for (const [at, { photo_id }] of files.entries()) await advance(photo_id, reached[at] ?? 0);
  const card = await report(job_id);
  expect([card?.verdict, card?.frames.map(({ state }) => state)]).toEqual([
    verdict,
    reached.map((count) => ['announced', 'stored', 'verified', 'backed_up'][count]),
  ]);
});

test('each state is proved by the entry that says so, with the hash that the journal keeps', async () => {
  const { job_id, files } = await announce(2);
  await advance(files[0]?.photo_id ?? '', 2);
  const card = await report(job_id);
  const [entry, none] = card?.frames.map((frame) => frame.entry) ?? [];
  const [kept] = await event.database.query<{ hash: string }>(
    `select encode(hash, 'hex') as hash from journal where event_id = $1 and seq = $2`,
    [event.eventId, entry?.seq],
  );
  expect([entry?.type, entry?.hash, none]).toEqual(['photo.verified', kept?.hash, null]);
  expect(card?.head).toMatchObject({ seq: entry?.seq, hash: kept?.hash });
  expect(card?.event_title).toBe('Ayu & Bram');
});

test('a failed photo and a deleted one say why, and no card with one is safe', async () => {
  const { job_id, files } = await announce(2);
  const [failed = '', deleted = ''] = files.map(({ photo_id }) => photo_id);
  for (const photoId of [failed, deleted]) await advance(photoId, 3);
  const error = JSON.stringify({ class: 'invalid', code: 'hash_invalid', message: 'Other bytes came.' });
  await event.database.query(`update photos set state = 'failed', processing_error = $2 where photo_id = $1`, [
    failed,
    error,
  ]);
  await event.database.query(`update photos set state = 'deleted' where photo_id = $1`, [deleted]);
  const card = await report(job_id);
  expect(card?.frames.map(({ state, reason }) => [state, reason])).toEqual([
    ['failed', 'hash_invalid'],
    ['missing', 'deleted'],
  ]);
  expect(card?.verdict).toBe('incomplete');
});

test('no state counts that the journal does not prove, nor a photo that is not the file of the card', async () => {
  const { job_id, files } = await announce(4);
  const [fine = '', unverified = '', other = '', unproved = ''] = files.map(({ photo_id }) => photo_id);
  for (const photoId of [fine, unverified, other]) await advance(photoId, photoId === unverified ? 1 : 3);
  await event.database.query('update photos set verified_at = now(), backed_up_at = now() where photo_id = $1', [
    unverified,
  ]);
  await event.database.query(`update photos set state = 'ready', verified_at = now() where photo_id = $1`, [unproved]);
  await event.database.query(`update photos set sha256 = repeat('0', 64) where photo_id = $1`, [other]);
  const card = await report(job_id);
  expect(card?.frames.map(({ state, reason, entry }) => [state, reason, entry?.type])).toEqual([
    ['backed_up', null, 'photo.backed_up'],
    ['stored', 'unproved', 'photo.stored'],
    ['stored', 'checksum_mismatch', 'photo.stored'],
    ['missing', 'unproved', undefined],
  ]);
  expect(card?.verdict).toBe('incomplete');
});

test('a photo without a hash of its photographer is stored, not verified, and says why', async () => {
  const { job_id, files } = await announce(1);
  await advance(files[0]?.photo_id ?? '', 1);
  await event.database.query('update photos set sha256 = null where photo_id = $1', [files[0]?.photo_id]);
  expect((await report(job_id))?.frames[0]).toMatchObject({ state: 'stored', reason: 'no_sha256' });
});

test('a card tells where the second copies of its files are, and why one waits; until a place is there it says so', async () => {
  const { job_id, files } = await announce(1);
  expect(await report(job_id)).toMatchObject({ backup_configured: false, frames: [{ backups: [] }] });
  const values = [event.eventId, files[0]?.photo_id];
  await event.database.query(
    `insert into backups (event_id, photo_id, version, provider, state, backup_url, error_class, error)
     values ($1, $2, 1, 'drive', 'due', null, 'rate_limit', 'Too fast.'), ($1, $2, 1, 'r2', 'done', 's3://b/k', null, null)`,
    values,
  );
  await announceProviders(event.database, ['r2', 'drive'], ['r2']);
  expect(await report(job_id)).toMatchObject({
    backup_configured: true,
    frames: [
      {
        backups: [
          { provider: 'drive', state: 'due', backup_url: null, error: { class: 'rate_limit', message: 'Too fast.' } },
          { provider: 'r2', state: 'done', backup_url: 's3://b/k', error: null },
        ],
      },
    ],
  });
});

test("another uploader's card is not shown", async () => {
  const { job_id } = await announce(1);
  expect(await report(job_id, randomUUID())).toBeUndefined();
  expect(await report(randomUUID())).toBeUndefined();
});

test('answers for the largest card in a large event of which the database knows no statistics yet', async () => {
  const [jobId, { eventId, ownerId, database }] = [randomUUID(), event];
  await database.query(
    `insert into photos (event_id, photo_id, file_name, size, sha256, state, verified_at, job_id)
     select $1, gen_random_uuid(), 'a.jpg', 1000, md5(n::text) || md5(n::text), 'ready', now(), case when n <= 5000 then $2::uuid end
     from generate_series(1, 20000) n`,
    [eventId, jobId],
  );
  await database.query('insert into jobs (event_id, job_id, uploader_id, total) values ($1, $2, $3, 5000)', [
    ...[eventId, jobId, ownerId],
  ]);
  await database.query(
    `insert into job_files (event_id, job_id, position, photo_id, file_name, size, sha256)
     select event_id, job_id, row_number() over (), photo_id, file_name, size, sha256 from photos where job_id = $1`,
    [jobId],
  );
  await database.query(
    `insert into journal (event_id, seq, type, photo_id, data, hash, recorded_at)
     select event_id, 1000 + row_number() over (), type, photo_id, '{}', sha256('x'), now()
     from photos, unnest(array['photo.stored', 'photo.verified', 'photo.rendered']) type where event_id = $1 and sha256 is not null`,
    [eventId],
  );
  const card = await report(jobId);
  expect([card?.frames.length, card?.verdict]).toEqual([5_000, 'not_backed_up']);
});
