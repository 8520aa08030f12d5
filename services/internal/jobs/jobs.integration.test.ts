import { createHash, randomUUID } from 'node:crypto';
import type { CreateJob, JobFile } from '@kilat/contract';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { allowancesOf, announceLimits } from '../admission/allowance.ts';
import { admissionSettings } from '../admission/settings.ts';
import type { Uploader } from '../auth/uploader.ts';
import { readSettings } from '../env/env.ts';
import { openTestEvent, type TestEvent } from '../events/eventtest.ts';
import { type JobStore, jobStore } from './store.ts';

let event: TestEvent;
let jobs: JobStore;
let citra: Uploader;

beforeAll(async () => {
  event = await openTestEvent();
  const limits = announceLimits(allowancesOf(readSettings(admissionSettings, {})));
  jobs = jobStore(event.database, event.journal, limits);
  citra = { uploaderId: event.ownerId, accountId: event.ownerId, name: 'Citra', role: 'photographer' };
});
afterAll(() => event[Symbol.asyncDispose]());

const file = (name: string, options: Partial<JobFile> = {}): JobFile => ({
  name,
  size: 1_000,
  last_modified: 1_790_000_000_000,
  sha256: createHash('sha256').update(name).digest('hex'),
  ...options,
});
const create = (files: CreateJob['files'], uploader = citra) =>
  jobs.create({ eventId: event.eventId, uploader, way: 'tus', files });

async function settle(photoId: string, sql: string): Promise<void> {
  const key = [event.eventId, photoId];
  await event.database.query(`update photos set ${sql} where event_id = $1 and photo_id = $2`, key);
  await event.database.query(`update uploads set state = 'finished' where event_id = $1 and photo_id = $2`, key);
}
const stored = `state = 'stored', stored_at = now(), stored_seq = 1`;

test('answers a duplicate only for a photo that is verified', async () => {
  const first = await create([file('announced'), file('stored'), file('verified'), file('failed')]);
  const [, second = '', third = '', fourth = ''] = first.files.map(({ photo_id }) => photo_id);
  await settle(second, stored);
  await settle(third, `${stored}, verified_at = now()`);
  await settle(fourth, `state = 'failed'`);
  const again = await create([file('announced'), file('stored'), file('verified'), file('failed')]);
  expect(again.files.map(({ how }) => how)).toEqual(['tus', 'tus', 'duplicate', 'tus']);
  expect(again.files[2]?.photo_id).toBe(third);
  expect(again.files.map(({ photo_id }, at) => photo_id === first.files[at]?.photo_id)).toEqual([
    ...[true, false, true, false],
  ]);
});

test("takes no other event's photo, and no other size, for a duplicate", async () => {
  const [sent] = (await create([file('once')])).files;
  await settle(sent?.photo_id ?? '', `${stored}, verified_at = now()`);
  expect((await create([file('once', { size: 1_001 })])).files[0]?.how).toBe('tus');
  const elsewhere = await jobs.create({
    ...{ eventId: event.foreignEventId, uploader: citra, way: 'tus' },
    files: [file('once')],
  });
  expect(elsewhere.files[0]?.how).toBe('tus');
});

test('goes on with the own open upload of the same file, never with that of another uploader', async () => {
  const [open] = (await create([file('tab')])).files;
  expect((await create([file('tab'), file('tab')])).files.map(({ photo_id }) => photo_id === open?.photo_id)).toEqual([
    ...[true, false],
  ]);
  const other = await create([file('tab')], { ...citra, uploaderId: randomUUID(), accountId: null });
  expect(other.files[0]?.photo_id).not.toBe(open?.photo_id);
});

test('tells how far a job is, from QUEUED to its end', async () => {
  const { job_id, files } = await create([file('a'), file('b')]);
  const [a = '', b = ''] = files.map(({ photo_id }) => photo_id);
  const status = async () => (await jobs.read(event.eventId, job_id))?.status;
  const seen = [await status()];
  await event.database.query(`update uploads set received = 10 where photo_id = $1`, [a]);
  seen.push(await status());
  await settle(a, stored);
  await settle(b, stored);
  seen.push(await status());
  await settle(a, `state = 'ready'`);
  await settle(b, `state = 'ready'`);
  seen.push(await status());
  await settle(b, `state = 'failed'`);
  seen.push(await status());
  expect(seen).toEqual(['QUEUED', 'UPLOADING', 'PROCESSING', 'COMPLETED', 'FAILED']);
  expect(await jobs.read(event.eventId, job_id)).toMatchObject({ total: 2, completed: 1, failed: 1, stored: 2 });
});

test('announces 5,000 files at once, and reserves all of them or nothing', async () => {
  const files = Array.from({ length: 5_000 }, (_, n) => file(`DSC_${n}.JPG`));
  expect((await create(files)).files).toHaveLength(5_000);
  const guest: Uploader = { uploaderId: randomUUID(), accountId: null, name: null, role: 'guest' };
  await expect(create(files.slice(0, 14), guest)).rejects.toMatchObject({ code: 'too_many_uploads' });
  const rows = await event.database.query(`select 1 as one from uploads where uploader_id = $1`, [guest.uploaderId]);
  expect(rows).toEqual([]);
  const usage = await event.database.query(`select 1 as one from quota_usage where subject_id = $1`, [
    guest.uploaderId,
  ]);
  expect(usage).toEqual([]);
});

test('hides a job from whoever did not announce it, where asked to', async () => {
  const { job_id } = await create([file('mine')]);
  expect(await jobs.read(event.eventId, job_id, randomUUID())).toBeUndefined();
  expect(await jobs.owns(event.eventId, job_id, citra.uploaderId)).toBe(true);
  expect(await jobs.owns(event.eventId, job_id, randomUUID())).toBe(false);
});

test('takes the rest of a manifest later, and is open until all of it came', async () => {
  const first = await jobs.create({
    eventId: event.eventId,
    uploader: citra,
    way: 'tus',
    files: [file('c1')],
    total: 3,
  });
  const [one = ''] = first.files.map(({ photo_id }) => photo_id);
  await settle(one, `state = 'ready', stored_seq = 1`);
  expect((await jobs.read(event.eventId, first.job_id))?.status).toBe('UPLOADING');
  const more = (...names: string[]) => ({
    ...{ eventId: event.eventId, uploader: citra, way: 'tus' as const },
    files: names.map((name) => file(name)),
  });
  const rest = await jobs.add(more('c2', 'c3'), first.job_id);
  expect(rest.files.map(({ position }) => position)).toEqual([1, 2]);
  await expect(jobs.add(more('c4'), first.job_id)).rejects.toMatchObject({ kind: 'invalid' });
  for (const { photo_id } of rest.files) await settle(photo_id, `state = 'ready', stored_seq = 1`);
  expect(await jobs.read(event.eventId, first.job_id)).toMatchObject({ status: 'COMPLETED', total: 3, completed: 3 });
  const stranger = { ...more('c5'), uploader: { ...citra, uploaderId: randomUUID() } };
  await expect(jobs.add(stranger, first.job_id)).rejects.toMatchObject({ code: 'job_missing' });
});

test('a request whose answer was lost is answered once more, and announces nothing twice', async () => {
  const jobId = randomUUID();
  const announceJob = () =>
    jobs.create({ eventId: event.eventId, uploader: citra, way: 'tus', files: [file('l1')], total: 3, jobId });
  const add = (first: number, ...names: string[]) =>
    jobs.add(
      { eventId: event.eventId, uploader: citra, way: 'tus', files: names.map((name) => file(name)), first },
      jobId,
    );
  const [once, again] = await Promise.all([announceJob(), announceJob()]);
  expect([once.job_id, again]).toEqual([jobId, once]);
  const rest = await add(1, 'l2', 'l3');
  expect(await add(1, 'l2', 'l3')).toEqual(rest);
  await expect(add(1, 'l3', 'l2')).rejects.toMatchObject({ kind: 'conflict' });
  const rows = await event.database.query('select 1 as one from photos where job_id = $1', [jobId]);
  expect(rows).toHaveLength(3);
  const entries = await event.database.query(
    `select 1 as one from journal where event_id = $1 and type = 'job.announced' and data::jsonb ->> 'job_id' = $2`,
    [event.eventId, jobId],
  );
  expect(entries).toHaveLength(1);
});
