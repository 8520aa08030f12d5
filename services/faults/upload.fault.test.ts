import { createHash } from 'node:crypto';
import { EventView, LinkList, PhotoPage, type PhotoView } from '@kilat/contract';
import pg from 'pg';
import { expect, test } from 'vitest';
import { originalKey } from '#internal/objects/key.ts';
import { openObjects } from '#internal/objects/objects.ts';
import { testServers } from '../../deploy/local/testing.ts';
import { createCamera, realPhotos, type Shot } from './camera.ts';
import { followLive, sendShot, type Told, until } from './client.ts';
import { cookieOf, type Install, post, startInstall } from './install.ts';
import { type Fate, startFaultyProxy } from './proxy.ts';
import { seeded } from './random.ts';

const full = process.env.KILAT_TEST_SIZE === 'full';
const seed = Number(process.env.KILAT_FAULT_SEED ?? 1);
const [uploads, mostMiB] = full ? [60, 40] : [16, 36];
const atOnce = 4;

test(`no photo that a client was told is stored is lost, with seed ${seed}`, async () => {
  const random = seeded(seed);
  await using s3 = await startFaultyProxy(testServers().S3_ENDPOINT, () => s3Fate(random));
  await using install = await startInstall({ s3: s3.url, env: { UPLOAD_SWEEP_SECONDS: '2' } });
  await using network = await startFaultyProxy(new URL(install.files).origin, (req) => networkFate(req.method, random));
  const owner = await install.signIn();
  const event = EventView.parse(await (await post(`${install.api}/api/events`, { title: 'Faults' }, owner)).json());
  const guest = await guestOf(install, owner, event.event_id);
  const live = followLive(
    `${install.live}/live/events/${event.event_id}`,
    guest,
    (await page(install, guest, event.event_id)).cursor,
  );

  const told = await sendAll(`${network.url}/files`, owner, event.event_id, await shots(random));
  const stored = told.filter((one) => one.stored);
  expect(
    stored.length,
    JSON.stringify(told.filter((one) => !one.stored).map(({ shot, ...rest }) => rest)),
  ).toBeGreaterThan(uploads * 0.8);
  await until(
    'every stored photo is rendered',
    async () => (await ready(install, guest, event.event_id)) >= stored.length,
    120_000,
  );

  const photos = new Map((await allPhotos(install, guest, event.event_id)).map((photo) => [photo.photo_id, photo]));
  await using objects = realObjects(install.bucket);
  for (const { photoId, shot } of stored) {
    const original = await objects.get(originalKey(event.event_id, photoId, 1));
    const sha256 = createHash('sha256')
      .update(Buffer.concat((await original?.body.toArray()) ?? []))
      .digest('hex');
    expect(sha256, photoId).toBe(shot.sha256);
    expect(photos.get(photoId)?.state, photoId).toBe('ready');
  }
  await expectEachOnce(install, event.event_id);
  await until('the guest has all frames', () =>
    live.frames.some((frame) => frame.entries.some((entry) => entry.type === 'photo.rendered')),
  );
  await until(
    'the guest is up to date',
    async () => live.seq === Number((await page(install, guest, event.event_id)).cursor.split('.')[1]),
  );
  expect(live.holes).toEqual([]);
  const seen = new Set(live.frames.flatMap((frame) => frame.entries.flatMap((entry) => entry.photo_id ?? [])));
  expect(stored.filter(({ photoId }) => !seen.has(photoId))).toEqual([]);
  expect(s3.counts.refuse + s3.counts['lose-answer'] + network.counts.cut).toBeGreaterThan(0);
  await live.close();
});

test('photos in flight survive a kill of every service', async () => {
  await using install = await startInstall({ env: { UPLOAD_SWEEP_SECONDS: '2', WORK_ACK_WAIT_SECONDS: '5' } });
  const owner = await install.signIn();
  const event = EventView.parse(await (await post(`${install.api}/api/events`, { title: 'Kill' }, owner)).json());
  const camera = await createCamera(seeded(seed));
  const sending = sendAll(
    install.files,
    owner,
    event.event_id,
    Array.from({ length: 8 }, () => camera.shoot(6 * 1024 * 1024)),
  );
  await until('something is stored', async () => (await page(install, owner, event.event_id)).photo_count > 0);
  await install.crash();
  const stored = (await sending).filter((one) => one.stored);
  expect(stored.length).toBe(8);
  await until('all are rendered', async () => (await ready(install, owner, event.event_id)) === 8, 90_000);
  await expectEachOnce(install, event.event_id);
});

// Of S3 calls 3 % fail, half of them after they took effect.
function s3Fate(random: () => number): Fate {
  const roll = random();
  if (roll < 0.015) return { kind: 'refuse' };
  return roll < 0.03 ? { kind: 'lose-answer' } : { kind: 'pass' };
}

function networkFate(method: string | undefined, random: () => number): Fate {
  if (method !== 'PATCH' || random() >= 0.15) return { kind: 'pass' };
  return { kind: 'cut', afterBytes: Math.floor(random() * mostMiB * 1024 * 1024) };
}

async function shots(random: () => number): Promise<Shot[]> {
  const camera = await createCamera(random);
  const made = Array.from({ length: uploads }, () =>
    camera.shoot(Math.floor((2 + random() * (mostMiB - 2)) * 1024 * 1024)),
  );
  return [...made, ...(await realPhotos(process.env.KILAT_TEST_PHOTOS))];
}

async function sendAll(files: string, cookie: string, eventId: string, all: Shot[]): Promise<Told[]> {
  const [waiting, told]: [Shot[], Told[]] = [[...all], []];
  const sender = async () => {
    for (let shot = waiting.shift(); shot !== undefined; shot = waiting.shift())
      told.push(await sendShot(files, cookie, eventId, shot));
  };
  await Promise.all(Array.from({ length: atOnce }, sender));
  return told;
}

async function guestOf(install: Install, owner: string, eventId: string): Promise<string> {
  const answer = await fetch(`${install.api}/api/events/${eventId}/links`, { headers: { cookie: owner } });
  const [link] = LinkList.parse(await answer.json()).links;
  return cookieOf(await post(`${install.api}/api/guest-sessions`, { token: link?.path.split('/').at(-1) }));
}

async function page(install: Install, cookie: string, eventId: string, query = ''): Promise<PhotoPage> {
  const answer = await fetch(`${install.api}/api/events/${eventId}/photos?limit=200${query}`, { headers: { cookie } });
  return PhotoPage.parse(await answer.json());
}

async function allPhotos(install: Install, cookie: string, eventId: string): Promise<PhotoView[]> {
  const first = await page(install, cookie, eventId);
  return first.before === null
    ? first.photos
    : [...first.photos, ...(await page(install, cookie, eventId, `&before=${first.before}`)).photos];
}

async function ready(install: Install, cookie: string, eventId: string): Promise<number> {
  return (await allPhotos(install, cookie, eventId)).filter((photo) => photo.state === 'ready').length;
}

async function expectEachOnce(install: Install, eventId: string): Promise<void> {
  const client = new pg.Client({ connectionString: install.databaseUrl });
  await client.connect();
  const doubled = await client.query(
    `select photo_id, type, count(*) from journal where event_id = $1 and type in ('photo.stored', 'photo.rendered') group by 1, 2 having count(*) > 1`,
    [eventId],
  );
  const unstored = await client.query(
    `select p.photo_id from photos p where p.event_id = $1 and p.state in ('stored', 'ready')
     and not exists (select 1 from journal j where j.event_id = $1 and j.photo_id = p.photo_id and j.type = 'photo.stored')`,
    [eventId],
  );
  await client.end();
  expect([doubled.rows, unstored.rows]).toEqual([[], []]);
}

function realObjects(bucket: string) {
  const {
    S3_ENDPOINT: endpoint,
    S3_REGION: region,
    S3_ACCESS_KEY_ID: accessKeyId,
    S3_SECRET_ACCESS_KEY: secretAccessKey,
  } = testServers();
  return openObjects({ endpoint, region, bucket, accessKeyId, secretAccessKey, forcePathStyle: true });
}
