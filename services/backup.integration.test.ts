import { randomBytes } from 'node:crypto';
import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest';
import { backupStore } from '#internal/backups/places.ts';
import { announceProviders, setPlan } from '#internal/backups/plan.ts';
import { retryStages } from '#internal/photos/retry.ts';
import { startTarget, type TestTarget } from '#internal/process/processtest.ts';
import { openVault, type Vault } from './backup/backuptest.ts';
import { main as backup } from './backup/main.ts';
import { plan } from './plan.ts';
import { main as relay } from './relay/main.ts';
import { photoOf, send, startUpload } from './upload/uploadtest.ts';

let vault: Vault;
let early: string;
const running: TestTarget[] = [];

beforeAll(async () => {
  vault = await openVault();
  running.push(await startTarget(relay, vault.env));
  early = await vault.store();
  await begin();
});
afterEach(() => {
  for (const link of Object.values(vault.links)) link.weaken(() => 'well');
});
afterAll(async () => {
  await Promise.all(running.map((target) => target.stop()));
  await vault[Symbol.asyncDispose]();
});

/** Starts target backup and waits until its providers are known. */
async function begin(): Promise<void> {
  running.push(await startTarget(backup, vault.env));
  const sql = 'select count(*)::int as n from backup_providers';
  const known = async () => (await vault.event.database.query<{ n: number }>(sql))[0]?.n;
  await vi.waitFor(async () => expect(await known()).toBe(2), { interval: 20 });
}

const typesOf = async (photoId: string) => (await vault.entriesOf(photoId)).map(({ type }) => type);

test('each photo is copied to both places, stored before they were there or after, and one entry says so', async () => {
  const body = randomBytes(300_000);
  const photos = [early, await vault.store(body), await vault.store(undefined, { sha256: null })];
  await vault.untilBackedUp(photos);
  expect(await vault.bytesOf('near', photos[1] ?? '')).toEqual(body);
  expect(await vault.bytesOf('far', photos[1] ?? '')).toEqual(body);
  for (const photoId of photos)
    expect(await typesOf(photoId)).toEqual(['photo.stored', 'photo.verified', 'photo.backed_up']);
  const urls = (await vault.copiesOf(photos[1])).map(({ backupUrl }) => backupUrl);
  expect(urls).toEqual(
    ['far', 'near'].map(
      (name) => `s3://${vault.env[`BACKUP_${name.toUpperCase()}_BUCKET`]}/${vault.keyOf(photos[1] ?? '')}`,
    ),
  );
});

const patient = (check: () => Promise<void>) => vi.waitFor(check, { interval: 50 });

test.each(['limited', 'away'] as const)('a provider that is %s pauses alone, and gets what it missed', async (fate) => {
  vault.links.far.weaken(() => fate);
  const photos = await Promise.all(Array.from({ length: 8 }, () => vault.store()));
  for (const photoId of photos) await vault.until(photoId, ['due', 'done']);
  const [copy] = await vault.copiesOf(photos[0]);
  expect(copy?.class).toBe(fate === 'limited' ? 'rate_limit' : 'network');
  const stages = await vault.event.database.query(
    `select attempts from stages where stage = 'backup' and attempts > 1`,
  );
  expect(stages).toEqual([]);
  const paused = async () => {
    const { places } = await backupStore(vault.event.database).read(vault.event.eventId);
    return places.map(({ provider, pause }) => `${provider} ${pause?.class ?? 'works'}`);
  };
  await patient(async () => expect(await paused()).toEqual([`far ${copy?.class}`, 'near works']));
  vault.links.far.weaken(() => 'well');
  await vault.untilBackedUp(photos);
  await patient(async () => expect(await paused()).toEqual(['far works', 'near works']));
});

test('bytes that are not those of the photo never become a copy', async () => {
  const [damaged, other] = [
    await vault.store(randomBytes(200_000), { stored: randomBytes(200_000) }),
    await vault.store(undefined, { sha256: 'a'.repeat(64) }),
  ];
  const errorOf = async (photoId: string) => (await vault.copiesOf(photoId))[0]?.error;
  await vi.waitFor(async () => expect(await errorOf(damaged)).toMatch(/damaged/));
  await vi.waitFor(async () => {
    const sql = `select state, error_class as class from stages where photo_id = $1 and stage = 'backup'`;
    expect(await vault.event.database.query(sql, [other])).toEqual([{ state: 'failed', class: 'invalid' }]);
  });
  for (const photoId of [damaged, other])
    expect([await vault.bytesOf('near', photoId), await vault.bytesOf('far', photoId)]).toEqual([undefined, undefined]);
});

test('a deleted photo leaves no copy; what a provider refuses stays visible until it is done, and each has a receipt', async () => {
  const [gone, stays] = [await vault.store(), await vault.store()];
  await vault.untilBackedUp([gone, stays]);
  vault.links.far.weaken((method) => (method === 'DELETE' ? 'refused' : 'well'));
  await vault.event.database.query(`update photos set state = 'deleted' where photo_id = $1`, [gone]);
  await vault.until(gone, ['removing', 'removed']);
  await vi.waitFor(async () => expect((await vault.copiesOf(gone))[0]?.class).toBe('server'));
  expect((await vault.bytesOf('far', gone))?.length).toBe(4_000);
  vault.links.far.weaken(() => 'well');
  await vault.event.database.query('update backups set next_attempt_at = now() where photo_id = $1', [gone]);
  await vault.until(gone, ['removed', 'removed']);
  expect([await vault.bytesOf('near', gone), await vault.bytesOf('far', gone)]).toEqual([undefined, undefined]);
  const receipts = (await vault.entriesOf(gone)).filter(({ type }) => type === 'backup.removed');
  expect(receipts.map(({ data }) => data.provider).sort()).toEqual(['far', 'near']);
  await vault.until(stays, ['done', 'done']);
});

test('a photo that is deleted before anybody heard that its copy was stored leaves none', async () => {
  vault.links.far.weaken((method) => (method === 'PUT' ? 'unheard' : 'well'));
  const photoId = await vault.store();
  await vi.waitFor(async () => expect(await vault.bytesOf('far', photoId)).toBeDefined());
  await vault.event.database.query(`update photos set state = 'deleted' where photo_id = $1`, [photoId]);
  await vault.until(photoId, ['removed', 'removed']);
  expect([await vault.bytesOf('near', photoId), await vault.bytesOf('far', photoId)]).toEqual([undefined, undefined]);
  expect((await typesOf(photoId)).filter((type) => type === 'backup.removed').length).toBe(2);
});

test('a copy that spoiled or went at its provider is found by the daily sample, said, and made anew', async () => {
  const [spoiled, gone] = [await vault.store(), await vault.store()];
  await vault.untilBackedUp([spoiled, gone]);
  const wrong = randomBytes(4_000);
  await vault.buckets.near.put({ key: vault.keyOf(spoiled), body: wrong, size: 4_000, contentType: 'image/jpeg' });
  await vault.buckets.far.remove([vault.keyOf(gone)]);
  await vault.event.database.query(
    `update backups set checked_at = now() - interval '1 day' where photo_id = any($1)`,
    [[spoiled, gone]],
  );
  for (const photoId of [spoiled, gone])
    await vi.waitFor(async () =>
      expect((await typesOf(photoId)).slice(2)).toEqual(['photo.backed_up', 'backup.lost', 'photo.backed_up']),
    );
  expect(await vault.bytesOf('near', spoiled)).toEqual(await vault.bytesOf('main', spoiled));
  expect(await vault.bytesOf('far', gone)).toEqual(await vault.bytesOf('main', gone));
  const told = (await Promise.all(running.map(({ metrics }) => metrics.metrics()))).join('\n');
  for (const labels of ['provider="near",found="damaged"', 'provider="far",found="missing"'])
    expect(told).toContain(`kilat_backup_copies_lost_total{${labels}} 1`);
});

test('an event has its own places where somebody says so, and one that is added later gets what was stored before', async () => {
  const { database, eventId } = vault.event;
  const say = async (to: string) => {
    const told: string[] = [];
    const code = await plan(vault.env, { event: eventId, to, keepDays: undefined, tell: (line) => told.push(line) });
    return `${code} ${told.join()}`;
  };
  expect(await say('far')).toMatch(/^0 .* go to far; 0 photos are due$/);
  const photoId = await vault.store();
  await vault.untilBackedUp([photoId]);
  expect((await vault.copiesOf(photoId)).map(({ provider }) => provider)).toEqual(['far']);
  expect(await say('none')).toMatch(/^0 .* go to nowhere/);
  const alone = await vault.store();
  expect(await database.query(`select 1 as one from stages where photo_id = $1`, [alone])).toEqual([]);
  expect(await say('r2')).toBe('2 no running target knows r2; there are: far, near');
  expect(await say('default')).toMatch(/go to far, near; 2 photos are due$/);
  for (const one of [photoId, alone]) await vault.until(one, ['done', 'done']);
});

test('a backup that failed for good is made when a person wants another try', async () => {
  const { database, journal, eventId } = vault.event;
  vault.links.far.weaken(() => 'away');
  const photoId = await vault.store();
  await vault.until(photoId, ['due', 'done']);
  const failed = `state = 'failed', error_class = 'unknown', error = 'planned'`;
  await database.query(`update backups set ${failed} where photo_id = $1 and provider = 'far'`, [photoId]);
  await database.query(`update stages set ${failed} where photo_id = $1`, [photoId]);
  vault.links.far.weaken(() => 'well');
  await retryStages(journal, eventId, [{ photoId, stage: 'backup' }], 'live');
  await vault.untilBackedUp([photoId]);
});

test('copies of a closed event go when their time is over, and its photos count as backed up no more', async () => {
  const { database, events, eventId } = vault.event;
  const photoId = await vault.store();
  await vault.untilBackedUp([photoId]);
  await setPlan(database, eventId, { providers: null, keepDays: 30 });
  await events.change(eventId, { state: 'closed' });
  await database.query(`update backups set done_at = now() - interval '31 days' where photo_id = $1`, [photoId]);
  await vault.until(photoId, ['removed', 'removed']);
  expect(await vault.bytesOf('near', photoId)).toBeUndefined();
  expect((await vault.bytesOf('main', photoId))?.length).toBe(4_000);
  const sql = 'select backed_up_at as "at" from photos where photo_id = $1';
  await vi.waitFor(async () => expect(await database.query(sql, [photoId])).toEqual([{ at: null }]));
  await setPlan(database, eventId, { providers: null, keepDays: null });
  await events.change(eventId, { state: 'live' });
});

test('an upload gives its photo the stage of backup while a place is configured, and none while there is none', async () => {
  await using upload = await startUpload();
  const stagesOf = (photoId: string) =>
    upload.database.query('select stage from stages where photo_id = $1 order by stage', [photoId]);
  const before = await send(upload, await photoOf(2_000));
  expect(await stagesOf(before.id)).toEqual([{ stage: 'thumbnail' }]);
  await announceProviders(upload.database, ['r2'], ['r2']);
  const after = await send(upload, await photoOf(2_000));
  expect(await stagesOf(after.id)).toEqual([{ stage: 'backup' }, { stage: 'thumbnail' }]);
});

test('heads of the journal go to each place, by a name of their own', async () => {
  const list = async () => {
    const keys: string[] = [];
    for await (const { key } of vault.buckets.near.list(`heads/${vault.event.eventId}/`)) keys.push(key);
    return keys;
  };
  const before = (await list()).length;
  expect(before).toBeGreaterThan(0);
  await vault.store();
  await vault.event.database.query(`update backup_heads set written_at = now() - interval '2 hours'`);
  await vi.waitFor(async () => expect((await list()).length).toBeGreaterThan(before));
  const [key = ''] = (await list()).slice(-1);
  const text = Buffer.concat((await (await vault.buckets.near.get(key))?.body.toArray()) ?? []).toString();
  const head = JSON.parse(text);
  const sql = `select encode(hash, 'hex') as hash from journal where event_id = $1 and seq = $2`;
  expect(await vault.event.database.query(sql, [vault.event.eventId, head.seq])).toEqual([{ hash: head.hash }]);
});
