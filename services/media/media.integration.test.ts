import { originalUrl, renditionUrl } from '@kilat/contract';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { capabilitiesOf } from '#internal/auth/capability.ts';
import { stranger } from '#internal/auth/principal.ts';
import { type Bus, openBus } from '#internal/bus/bus.ts';
import { openTestEvent, type TestEvent, testSecret } from '#internal/events/eventtest.ts';
import { readEntries } from '#internal/journal/journal.ts';
import { silentLog } from '#internal/log/log.ts';
import { originalKey, renditionKey } from '#internal/objects/key.ts';
import { type Objects, openObjects } from '#internal/objects/objects.ts';
import { peopleStore } from '#internal/people/people.ts';
import { contextOf } from '#internal/process/context.ts';
import { startTarget, type TestTarget } from '#internal/process/processtest.ts';
import { freePort } from '../../deploy/local/port.ts';
import { startNats } from '../../deploy/local/servers/nats.ts';
import type { Server } from '../../deploy/local/servers/server.ts';
import { freshBucket, temporaryFolder, testServers } from '../../deploy/local/testing.ts';
import { main } from './main.ts';

let event: TestEvent;
let nats: Server;
let bus: Bus;
let objects: Objects;
let target: TestTarget;
let env: Record<string, string | undefined>;
let origin: string;
let photo: { event_id: string; photo_id: string; version: number };
const small = Buffer.from('the bytes of a small rendition');
const original = Buffer.from('the bytes of an original');
const capabilities = capabilitiesOf(testSecret);

beforeAll(async () => {
  [event, nats] = await Promise.all([openTestEvent(), startNats({ dataDir: temporaryFolder() })]);
  bus = await openBus(contextOf(new AbortController().signal), { url: nats.env.NATS_URL ?? '', log: silentLog() });
  await bus.declare();
  const [port, bucket, servers] = [await freePort(), freshBucket(), testServers()];
  objects = openObjects({
    endpoint: servers.S3_ENDPOINT,
    region: servers.S3_REGION,
    bucket,
    accessKeyId: servers.S3_ACCESS_KEY_ID,
    secretAccessKey: servers.S3_SECRET_ACCESS_KEY,
    forcePathStyle: true,
  });
  photo = { event_id: event.eventId, photo_id: await event.addPhoto('Götz "x".jpg'), version: 1 };
  await put(renditionKey(photo.event_id, photo.photo_id, 'small', 1), small);
  await put(originalKey(photo.event_id, photo.photo_id, 1), original);
  env = {
    ...servers,
    S3_BUCKET: bucket,
    DATABASE_URL: event.url,
    NATS_URL: nats.env.NATS_URL,
    KILAT_SECRET: testSecret,
    MEDIA_LISTEN: `127.0.0.1:${port}`,
  };
  target = await startTarget(main, env);
  origin = `http://127.0.0.1:${port}`;
});
afterAll(async () => {
  await target.stop();
  await bus[Symbol.asyncDispose]();
  await nats.stop();
  await objects[Symbol.asyncDispose]();
  await event[Symbol.asyncDispose]();
});

function put(key: string, body: Buffer): Promise<void> {
  return objects.put({ key, body, size: body.length, contentType: 'application/octet-stream' });
}

const team = (scope: 'view' | 'original', now?: number) =>
  capabilities.grant({ eventId: event.eventId, scope, ...ofOwner() }, now).capability;
const ofOwner = () => ({ holder: 'account', holderId: event.ownerId, generation: 0 }) as const;
const get = (path: string, headers: Record<string, string> = {}, method = 'GET') =>
  fetch(`${origin}${path}`, { headers, method });

test('a rendition comes whole, for caches to keep', async () => {
  const answer = await get(renditionUrl(photo, 'small', team('view')));
  expect(Buffer.from(await answer.arrayBuffer())).toEqual(small);
  expect(Object.fromEntries(answer.headers)).toMatchObject({
    'content-type': 'image/webp',
    'content-length': String(small.length),
    'cache-control': 'public, max-age=86400, s-maxage=60, immutable',
    'content-security-policy': "default-src 'none'; sandbox",
    'cross-origin-resource-policy': 'same-origin',
    'x-content-type-options': 'nosniff',
    'x-robots-tag': 'noindex',
  });
});

test('a compressed copy at full size comes as a JPEG to save', async () => {
  await put(renditionKey(event.eventId, photo.photo_id, 'web', photo.version), small);
  const answer = await get(renditionUrl(photo, 'web', team('view')));
  expect(Object.fromEntries(answer.headers)).toMatchObject({
    'content-type': 'image/jpeg',
    'content-disposition': expect.stringMatching(/^attachment; .*\.jpg/),
  });
});

test('who has a picture already is told so', async () => {
  const url = renditionUrl(photo, 'small', team('view'));
  const etag = (await get(url)).headers.get('etag') ?? '';
  const answer = await get(url, { 'if-none-match': `"other", W/${etag}` });
  expect([answer.status, answer.headers.get('etag'), await answer.text()]).toEqual([304, etag, '']);
});

test('an original comes as an attachment under its own name', async () => {
  const answer = await get(originalUrl(photo, team('original')));
  expect(Buffer.from(await answer.arrayBuffer())).toEqual(original);
  expect(Object.fromEntries(answer.headers)).toMatchObject({
    'content-type': 'image/jpeg',
    'content-disposition': `attachment; filename="G_tz _x_.jpg"; filename*=UTF-8''G%C3%B6tz%20%22x%22.jpg`,
    'cache-control': 'private, no-store',
  });
});

const ranges = [
  { range: 'bytes=4-8', status: 206, text: 'bytes', contentRange: 'bytes 4-8/24' },
  { range: 'bytes=-8', status: 206, text: 'original', contentRange: 'bytes 16-23/24' },
  { range: 'bytes=16-999', status: 206, text: 'original', contentRange: 'bytes 16-23/24' },
  { range: 'bytes=24-', status: 416, text: '', contentRange: 'bytes */24' },
  { range: 'bytes=0-1,3-4', status: 200, text: 'the bytes of an original', contentRange: null },
];
test.each(ranges)('answers $range with $status', async ({ range, status, text, contentRange }) => {
  const answer = await get(originalUrl(photo, team('original')), { range });
  expect([answer.status, await answer.text(), answer.headers.get('content-range')]).toEqual([
    status,
    text,
    contentRange,
  ]);
});

test('HEAD tells the size without the bytes', async () => {
  const answer = await get(renditionUrl(photo, 'small', team('view')), {}, 'HEAD');
  expect([answer.status, answer.headers.get('content-length')]).toEqual([200, String(small.length)]);
});

test('a picture that is not there yet is not kept by any cache', async () => {
  const answer = await get(renditionUrl(photo, 'large', team('view')));
  expect([answer.status, answer.headers.get('cache-control')]).toEqual([404, 'no-store']);
});

const refused: { name: string; path: () => string; want: string }[] = [
  { name: 'no capability', path: () => renditionUrl(photo, 'small', ''), want: '403 capability_invalid' },
  {
    name: 'an expired one',
    path: () => renditionUrl(photo, 'small', team('view', Date.now() - 86_400_000)),
    want: '403 capability_expired',
  },
  {
    name: 'one for pictures when the original is asked for',
    path: () => originalUrl(photo, team('view')),
    want: '403 capability_invalid',
  },
  {
    name: "another event's",
    path: () =>
      renditionUrl(
        photo,
        'small',
        capabilities.grant({ eventId: event.foreignEventId, scope: 'view', ...ofOwner() }).capability,
      ),
    want: '403 capability_invalid',
  },
  {
    name: "an event's own for another event's photo",
    path: () =>
      renditionUrl(
        { ...photo, event_id: event.foreignEventId },
        'small',
        capabilities.grant({ eventId: event.foreignEventId, scope: 'view', ...ofOwner() }).capability,
      ),
    want: '404 photo_missing',
  },
];
test.each(refused)('refuses $name: $want', async ({ path, want }) => {
  const answer = await get(path());
  expect(`${answer.status} ${((await answer.json()) as { code: string }).code}`).toBe(want);
});

test('a photo that is hidden is gone for guests as soon as the journal says so', async () => {
  const [link] = await event.links.list(event.eventId);
  const opened = await event.links.open(link?.path.slice('/g/'.length) ?? '');
  const grant = capabilities.grant({
    eventId: event.eventId,
    scope: 'view',
    holder: 'link',
    holderId: opened.linkId,
    generation: opened.generation,
  });
  const hidden = { ...photo, photo_id: await event.addPhoto() };
  await put(renditionKey(hidden.event_id, hidden.photo_id, 'small', 1), small);
  const url = renditionUrl(hidden, 'small', grant.capability);
  expect((await get(url)).status).toBe(200);
  await event.database.query(`update photos set hidden_at = now() where photo_id = $1`, [hidden.photo_id]);
  await event.journal.commit(event.eventId, async () => ({
    value: 0,
    entries: [{ type: 'photo.failed', photo_id: hidden.photo_id }],
  }));
  await publishLast();
  await vi.waitFor(async () => expect((await get(url)).status).toBe(404));
  expect((await get(renditionUrl(hidden, 'small', team('view')))).status).toBe(200);
});

test("a revoked link's pictures end with it", async () => {
  const link = await event.links.create(event.eventId);
  const grant = capabilities.grant({
    eventId: event.eventId,
    scope: 'view',
    holder: 'link',
    holderId: link.link_id,
    generation: 1,
  });
  const url = renditionUrl(photo, 'small', grant.capability);
  expect((await get(url)).status).toBe(200);
  await event.links.revoke(event.eventId, link.link_id);
  await publishLast();
  await vi.waitFor(async () => expect((await get(url)).status).toBe(403));
});

async function publishLast(): Promise<void> {
  const entries = await readEntries(event.database, event.eventId, 0, 1_000);
  const last = entries.at(-1);
  if (last !== undefined) await bus.publishEntry(last);
}

test("a member's pictures end with the membership, originals with the role", async () => {
  const people = peopleStore(event, testSecret);
  const by = { accountId: event.ownerId, role: 'owner' } as const;
  const { path } = await people.invites.create(event.eventId, by, { role: 'photographer' });
  const { session } = await people.join(stranger, { token: path?.slice('/join#'.length) ?? '', name: 'Eka' });
  const member = await event.sessions.find(`kilat=${session?.token}`);
  const holderId = member.kind === 'account' ? member.accountId : '';
  const grant = capabilities.grant({
    eventId: event.eventId,
    scope: 'original',
    holder: 'account',
    holderId,
    generation: 0,
  });
  const [picture, original] = [renditionUrl(photo, 'small', grant.capability), originalUrl(photo, grant.capability)];
  const statuses = async () => [(await get(picture)).status, (await get(original)).status];
  expect(await statuses()).toEqual([200, 200]);
  await people.members.change(event.eventId, by, holderId, 'moderator');
  await publishLast();
  await vi.waitFor(async () => expect(await statuses()).toEqual([200, 403]));
  await people.members.remove(event.eventId, by, holderId);
  await publishLast();
  await vi.waitFor(async () => expect(await statuses()).toEqual([403, 403]));
});

test.each([
  { name: 'ends whole', seconds: '30', whole: true },
  { name: 'is cut when its time is over', seconds: '0', whole: false },
])('a download that runs when the target is told to end $name', async ({ seconds, whole }) => {
  const port = await freePort();
  const other = await startTarget(main, {
    ...env,
    MEDIA_LISTEN: `127.0.0.1:${port}`,
    MEDIA_DRAIN_SECONDS: seconds,
  });
  const long = { ...photo, photo_id: await event.addPhoto('long.jpg') };
  await put(originalKey(long.event_id, long.photo_id, long.version), Buffer.alloc(64 * 2 ** 20, 1));
  const answer = await fetch(`http://127.0.0.1:${port}${originalUrl(long, team('original'))}`);
  const stopping = other.stop();
  await vi.waitFor(() => expect(fetch(`http://127.0.0.1:${port}/`)).rejects.toThrow());
  const size = answer.arrayBuffer().then(
    (bytes) => bytes.byteLength,
    () => undefined,
  );
  expect(await size).toBe(whole ? 64 * 2 ** 20 : undefined);
  await stopping;
});
