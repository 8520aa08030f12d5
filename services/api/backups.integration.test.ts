import { BackupsView, PhotoAnswer } from '@kilat/contract';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { announceProviders, notePause } from '#internal/backups/plan.ts';
import { openTestEvent, type TestEvent, testSecret } from '#internal/events/eventtest.ts';
import { startTarget, type TestTarget } from '#internal/process/processtest.ts';
import { freePort } from '../../deploy/local/port.ts';
import { main } from './main.ts';

let event: TestEvent;
let api: TestTarget;
let origin = '';
const photos: string[] = [];

beforeAll(async () => {
  event = await openTestEvent();
  await announceProviders(event.database, ['drive', 'r2', 'tape'], ['r2']);
  for (let n = 0; n < 3; n++) photos.push(await event.addPhoto());
  const port = await freePort();
  origin = `http://127.0.0.1:${port}/api/events/${event.eventId}`;
  api = await startTarget(main, {
    ...{ DATABASE_URL: event.url, API_LISTEN: `127.0.0.1:${port}`, KILAT_SECRET: testSecret },
    NATS_URL: `nats://127.0.0.1:${await freePort()}`,
  });
});
afterAll(async () => {
  await api.stop();
  await event[Symbol.asyncDispose]();
});

async function ask(path: string, json?: object, cookie = event.cookies.owner) {
  const headers = { cookie, 'content-type': 'application/json' };
  const init = json === undefined ? { headers: { cookie } } : { method: 'PUT', headers, body: JSON.stringify(json) };
  const answer = await fetch(`${origin}${path}`, init);
  return { status: answer.status, json: await answer.json() };
}

const placesOf = ({ json }: { json: unknown }) =>
  new Map(BackupsView.parse(json).places.map((place) => [place.provider, place]));

async function setCopy(photoId: string, provider: string, state: string, error: string | null = null): Promise<void> {
  await event.database.query(
    `insert into backups (event_id, photo_id, version, provider, state, backup_url, error_class, error)
     select event_id, photo_id, original_version, $3, $4, $5, $6, $7 from photos where event_id = $1 and photo_id = $2
     on conflict (event_id, photo_id, version, provider) do update set state = excluded.state`,
    [event.eventId, photoId, provider, state, `s3://${provider}/${photoId}`, error && 'server', error],
  );
}

test('an event that says nothing goes where the installation says, and each place counts what it has', async () => {
  await setCopy(photos[0] ?? '', 'r2', 'done');
  await setCopy(photos[1] ?? '', 'r2', 'failed', 'It never came to an end.');
  const answer = await ask('/backups');
  expect(answer).toMatchObject({ status: 200, json: { plan: { providers: null, keep_days: null } } });
  const places = placesOf(answer);
  expect(places.get('r2')).toMatchObject({
    ...{ is_known: true, is_default: true, is_wanted: true, pause: null },
    copies: { done: 1, waiting: 1, failed: 1, removing: 0 },
  });
  expect(places.get('tape')).toMatchObject({ is_wanted: false, copies: { done: 0, waiting: 0 } });
});

test('a plan takes known places alone, and what is stored already becomes due for them', async () => {
  const changed = await ask('/backups', { providers: ['drive', 'r2', 'drive'], keep_days: 30 });
  expect(changed).toMatchObject({ status: 200, json: { plan: { providers: ['drive', 'r2'], keep_days: 30 } } });
  expect(placesOf(changed).get('drive')).toMatchObject({ is_wanted: true, copies: { done: 0, waiting: 3 } });
  const sql = `select 1 as one from stages where event_id = $1 and stage = 'backup' and state = 'due'`;
  expect(await event.database.query(sql, [event.eventId])).toHaveLength(3);
  const refused = await ask('/backups', { providers: ['drive', 'moon'], keep_days: null });
  expect(refused).toMatchObject({
    status: 400,
    json: { code: 'provider_unknown', detail: 'No running target knows moon.' },
  });
  expect(await ask('/backups', { providers: null, keep_days: -1 })).toMatchObject({ status: 400 });
  const nowhere = await ask('/backups', { providers: [], keep_days: null });
  expect([...placesOf(nowhere).values()].map(({ is_wanted }) => is_wanted)).toEqual([false, false, false]);
});

test('a place that is left alone says until when and why, until something works there', async () => {
  const why = { class: 'rate_limit', error: 'Too many requests.' } as const;
  await notePause(event.database, 'drive', { leftMs: 60_000, ...why });
  const paused = placesOf(await ask('/backups')).get('drive')?.pause;
  expect(paused).toMatchObject({ class: 'rate_limit', message: 'Too many requests.' });
  expect(Date.parse(paused?.until ?? '')).toBeGreaterThan(Date.now());
  await notePause(event.database, 'drive', undefined);
  expect(placesOf(await ask('/backups')).get('drive')?.pause).toBeNull();
});

test('a place that serves no more is shown while it holds something of the event', async () => {
  await setCopy(photos[2] ?? '', 'tape', 'removing');
  await event.database.query(`update backup_providers set seen_at = now() - interval '2 days' where name = 'tape'`);
  const place = placesOf(await ask('/backups')).get('tape');
  expect(place).toMatchObject({ is_known: false, is_wanted: false, copies: { removing: 1 } });
  expect(await ask('/backups', { providers: ['tape'], keep_days: null })).toMatchObject({ status: 400 });
});

test('a photo names its copies to the owner, with their addresses and what went wrong, and to nobody else', async () => {
  const path = `/photos/${photos[1]}`;
  const [owners, teams] = [await ask(path), await ask(path, undefined, event.cookies.photographer)];
  expect(PhotoAnswer.parse(owners.json).backups).toEqual([
    {
      ...{ provider: 'r2', state: 'failed', backup_url: `s3://r2/${photos[1]}` },
      error: { class: 'server', message: 'It never came to an end.' },
    },
  ]);
  expect(PhotoAnswer.parse(teams.json)).not.toHaveProperty('backups');
});
