import {
  Changes,
  EventView,
  type Frame,
  InviteView,
  Joined,
  LinkView,
  People,
  PhotoAnswer,
  PhotoPage,
  PhotoView,
  Problem,
  QuotaView,
  SignInPath,
} from '@kilat/contract';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type * as z from 'zod/mini';
import { mintOwnerLink } from '#internal/auth/ownerlink.ts';
import { environmentOf, failPhoto, openTestEvent, type TestEvent } from '#internal/events/eventtest.ts';
import { startTarget, type TestTarget } from '#internal/process/processtest.ts';
import { freePort } from '../../deploy/local/port.ts';
import { main } from './main.ts';

let event: TestEvent;
let target: TestTarget;
let origin: string;

beforeAll(async () => {
  event = await openTestEvent();
  const port = await freePort();
  target = await startTarget(main, {
    ...(await environmentOf(event)),
    API_LISTEN: `127.0.0.1:${port}`,
    TRUST_PROXY: '127.0.0.1/32',
  });
  origin = `http://127.0.0.1:${port}`;
});
afterAll(async () => {
  await target.stop();
  await event[Symbol.asyncDispose]();
});

interface Ask {
  cookie?: string;
  method?: string;
  json?: object;
  headers?: Record<string, string>;
}

function ask(path: string, { cookie = '', method, json, headers = {} }: Ask = {}): Promise<Response> {
  return fetch(`${origin}${path}`, {
    method: method ?? (json === undefined ? 'GET' : 'POST'),
    headers: { cookie, ...(json === undefined ? {} : { 'content-type': 'application/json' }), ...headers },
    body: json === undefined ? null : JSON.stringify(json),
  });
}

async function read<T>(schema: z.ZodMiniType<T>, path: string, options: Ask): Promise<T> {
  return schema.parse(await (await ask(path, options)).json());
}

async function problemOf(path: string, options: Ask): Promise<string> {
  const answer = await ask(path, options);
  expect(answer.headers.get('content-type')).toMatch('application/problem+json');
  const problem = Problem.parse(await answer.json());
  expect(problem.request_id).toBe(answer.headers.get('x-request-id'));
  return `${answer.status} ${problem.code}`;
}

const base = () => `/api/events/${event.eventId}`;
const seqOf = (cursor: string) => Number(cursor.split('.')[1]);

test('a page and its cursor are of one moment, however many commits come meanwhile', async () => {
  let [committing, photos] = [true, new Set<string>()];
  const writing = Promise.all(
    Array.from({ length: 3 }, async () => {
      for (let n = 0; n < 25; n++) await event.addPhoto();
    }),
  ).then(() => {
    committing = false;
  });
  while (committing) {
    const page = await read(PhotoPage, `${base()}/photos?limit=200`, { cookie: event.cookies.guest });
    expect(page.photos.length).toBe(page.photo_count);
    expect(Math.max(0, ...page.photos.map((photo) => photo.stored_seq))).toBeLessThanOrEqual(seqOf(page.cursor));
    photos = await followedBy(page);
  }
  await writing;
  const page = await read(PhotoPage, `${base()}/photos?limit=200`, { cookie: event.cookies.guest });
  expect(page.photos.map((photo) => photo.photo_id)).toEqual(expect.arrayContaining([...photos]));
  expect(await followedBy(page)).toEqual(new Set(page.photos.map((photo) => photo.photo_id)));
});

// What a gallery holds: a page, and all that `changes` brings after its cursor.
async function followedBy(page: PhotoPage): Promise<Set<string>> {
  const ids = new Set(page.photos.map((photo) => photo.photo_id));
  const path = `${base()}/changes?after=${page.cursor}`;
  const { frame } = await read(Changes, path, { cookie: event.cookies.guest });
  expect(frame?.from).toBe(seqOf(page.cursor));
  expect(seqsOf(frame)).toEqual(
    Array.from({ length: (frame?.to ?? 0) - (frame?.from ?? 0) }, (_, n) => (frame?.from ?? 0) + n + 1),
  );
  for (const { photo_id } of frame?.entries ?? []) if (photo_id !== undefined) ids.add(photo_id);
  return ids;
}

function seqsOf(frame: Frame | null): number[] {
  return frame?.entries.map((entry) => entry.seq) ?? [];
}

test('pages follow each other without a gap or a photo twice', async () => {
  const all = await read(PhotoPage, `${base()}/photos?limit=200`, { cookie: event.cookies.guest });
  const ids: string[] = [];
  for (let before: number | null = Number.MAX_SAFE_INTEGER; before !== null; ) {
    const path: string = `${base()}/photos?limit=7&before=${before}`;
    const page: PhotoPage = await read(PhotoPage, path, { cookie: event.cookies.guest });
    ids.push(...page.photos.map((photo) => photo.photo_id));
    before = page.before;
  }
  expect(ids).toEqual(all.photos.map((photo) => photo.photo_id));
});

test('a failed photo is taken up again once', async () => {
  const photoId = await event.addPhoto();
  await failPhoto(event.journal, event.eventId, photoId);
  const path = `${base()}/photos/${photoId}/retry`;
  const answers = await Promise.all(
    Array.from({ length: 5 }, () => ask(path, { cookie: event.cookies.photographer, method: 'POST' })),
  );
  expect(answers.map((answer) => answer.status).sort()).toEqual([202, 404, 404, 404, 404]);
  const accepted = answers.find((answer) => answer.status === 202);
  expect(PhotoView.parse(await accepted?.json())).toMatchObject({ state: 'stored', details: { error: null } });
  const [stage] = await event.database.query(
    `select state, generation, attempts from stages where event_id = $1 and photo_id = $2`,
    [event.eventId, photoId],
  );
  expect(stage).toEqual({ state: 'due', generation: 2, attempts: 0 });
  const entries = await event.database.query(
    `select 1 from journal where event_id = $1 and photo_id = $2 and type = 'photo.retried'`,
    [event.eventId, photoId],
  );
  expect(entries).toHaveLength(1);
});

test('one photo tells the team with what it was taken, owner and editors where, and guests neither', async () => {
  const photoId = await event.addPhoto();
  await event.database.query(
    `update photos set camera_make = 'Canon', camera_model = 'EOS 5D', camera_serial = '0420', f_number = 2.8,
       latitude = -8.51, longitude = 115.25 where photo_id = $1`,
    [photoId],
  );
  const path = `${base()}/photos/${photoId}`;
  const seen = (cookie: string) => read(PhotoAnswer, path, { cookie });
  const guest = await seen(event.cookies.guest);
  expect([guest.details, guest.camera_serial, guest.location]).toEqual([undefined, undefined, undefined]);
  const photographer = await seen(event.cookies.photographer);
  expect(photographer).toMatchObject({ details: { camera: 'Canon EOS 5D', f_number: 2.8 }, camera_serial: '0420' });
  expect(photographer.location).toBeUndefined();
  const location = { latitude: -8.51, longitude: 115.25 };
  expect(await seen(event.cookies.owner)).toMatchObject({ camera_serial: '0420', location });
  const answer = await ask(path, { cookie: event.cookies.owner });
  expect(answer.headers.get('cache-control')).toBe('no-store');
  const page = await (await ask(`${base()}/photos?limit=1`, { cookie: event.cookies.owner })).text();
  expect(page).toContain('Canon EOS 5D');
  expect(page).not.toMatch(/0420|8\.51|115\.25/);
});

test('a photo whose place is not known has none', async () => {
  const photoId = await event.addPhoto();
  const photo = await read(PhotoAnswer, `${base()}/photos/${photoId}`, { cookie: event.cookies.owner });
  expect([photo.location, photo.camera_serial, photo.details?.camera]).toEqual([null, null, null]);
});

test("a photo is not found by another event's path, nor by a guest while it is hidden", async () => {
  const photoId = await event.addPhoto();
  const elsewhere = `/api/events/${event.foreignEventId}/photos/${photoId}`;
  expect(await problemOf(elsewhere, { cookie: event.cookies.owner })).toBe('404 photo_missing');
  await event.database.query('update photos set hidden_at = now() where photo_id = $1', [photoId]);
  expect(await problemOf(`${base()}/photos/${photoId}`, { cookie: event.cookies.guest })).toBe('404 photo_missing');
});

test('guests see neither failed nor hidden photos, nor anybody the deleted', async () => {
  const [failed, hidden, deleted] = [await event.addPhoto(), await event.addPhoto(), await event.addPhoto()];
  await failPhoto(event.journal, event.eventId, failed);
  await event.database.query(`update photos set hidden_at = now() where photo_id = $1`, [hidden]);
  await event.database.query(`update photos set state = 'deleted' where photo_id = $1`, [deleted]);
  const idsFor = async (cookie: string) =>
    (await read(PhotoPage, `${base()}/photos?limit=5`, { cookie })).photos.map((photo) => photo.photo_id);
  const [guest, studio] = [await idsFor(event.cookies.guest), await idsFor(event.cookies.photographer)];
  expect([failed, hidden, deleted].map((id) => guest.includes(id))).toEqual([false, false, false]);
  expect([failed, hidden, deleted].map((id) => studio.includes(id))).toEqual([true, true, false]);
});

test('a share link opens its event for a guest until it is revoked', async () => {
  const { owner } = event.cookies;
  const link = await read(LinkView, `${base()}/links`, { cookie: owner, method: 'POST' });
  const token = link.path.slice('/g/'.length);
  const opened = await ask('/api/guest-sessions', { json: { token } });
  expect(await opened.json()).toEqual({ event_id: event.eventId });
  const cookie = opened.headers.get('set-cookie')?.split(';')[0] ?? '';
  expect((await ask(base(), { cookie })).status).toBe(200);
  expect((await ask(`${base()}/links/${link.link_id}`, { cookie: owner, method: 'DELETE' })).status).toBe(204);
  expect(await problemOf(base(), { cookie })).toBe('403 link_expired');
  expect(await problemOf('/api/guest-sessions', { json: { token } })).toBe('403 link_expired');
});

test('who is signed in stays so when opening a share link', async () => {
  const [link] = await event.links.list(event.eventId);
  const token = link?.path.slice('/g/'.length) ?? '';
  const opened = await ask('/api/guest-sessions', { json: { token }, cookie: event.cookies.owner });
  expect([opened.status, opened.headers.get('set-cookie')]).toEqual([200, null]);
});

test('a guest who opens the link again stays the same guest', async () => {
  const [link] = await event.links.list(event.eventId);
  const token = link?.path.slice('/g/'.length) ?? '';
  const first = await ask('/api/guest-sessions', { json: { token } });
  const cookie = first.headers.get('set-cookie')?.split(';')[0] ?? '';
  const again = await ask('/api/guest-sessions', { json: { token }, cookie });
  expect([again.status, again.headers.get('set-cookie')]).toEqual([200, null]);
});

test('a link lets its guests upload where it says so', async () => {
  const { owner } = event.cookies;
  const path = `${base()}/links`;
  const uploading = await read(LinkView, path, { cookie: owner, json: { may_upload: true } });
  const looking = await read(LinkView, path, { cookie: owner, method: 'POST' });
  expect([uploading.may_upload, looking.may_upload]).toEqual([true, false]);
});

test('an invite makes an account, a session and a member, and signs him in again by a link of his own', async () => {
  const { owner } = event.cookies;
  const invite = await read(InviteView, `${base()}/invites`, { cookie: owner, json: { role: 'photographer' } });
  const token = invite.path?.slice('/join#'.length) ?? '';
  expect(await problemOf('/api/join', { json: { token } })).toBe('400 name_missing');
  const answer = await ask('/api/join', { json: { token, name: 'Kadek' } });
  expect(Joined.parse(await answer.json())).toMatchObject({ role: 'photographer', already_member: false });
  const cookie = answer.headers.get('set-cookie')?.split(';')[0] ?? '';
  expect((await ask(base(), { cookie })).status).toBe(200);
  expect(await problemOf('/api/join', { json: { token, name: 'Luh' } })).toBe('403 invite_invalid');
  const again = await ask('/api/join', { json: { token }, cookie });
  expect([Joined.parse(await again.json()).already_member, again.headers.get('set-cookie')]).toEqual([true, null]);
  const people = await read(People, `${base()}/people`, { cookie: owner });
  const member = people.members.find(({ name }) => name === 'Kadek');
  const one = `${base()}/people/${member?.account_id}`;
  const { path } = await read(SignInPath, `${one}/sign-in-link`, { cookie, method: 'POST' });
  expect((await ask('/api/sign-in', { json: { token: path.slice('/sign-in#'.length) } })).status).toBe(200);
  expect((await ask(one, { cookie: owner, method: 'DELETE' })).status).toBe(204);
  expect(await problemOf(base(), { cookie })).toBe('404 event_missing');
});

test('the last owner of an event stays', async () => {
  const { owner } = event.cookies;
  const one = `/api/events/${event.foreignEventId}/people/${event.ownerId}`;
  expect(await problemOf(one, { cookie: owner, method: 'DELETE' })).toBe('409 last_owner');
  const demote = { cookie: owner, method: 'PATCH', json: { role: 'editor' } };
  expect(await problemOf(one, demote)).toBe('409 last_owner');
});

test("an event's quota is set, kept and shown with what is used", async () => {
  const { owner } = event.cookies;
  const limits = { day: { photos: 10, bytes: null }, total: { photos: null, bytes: 5_000_000_000 } };
  const set = await read(QuotaView, `${base()}/quota`, { cookie: owner, method: 'PUT', json: limits });
  expect(set).toEqual({ limits, used: { day: { photos: 0, bytes: 0 }, total: { photos: 0, bytes: 0 } } });
  expect(await read(QuotaView, `${base()}/quota`, { cookie: owner })).toEqual(set);
});

test('a sign-in link works once, and gives a cookie that no script reads', async () => {
  const token = (await mintOwnerLink(event.database)).slice('/sign-in#'.length);
  const answers = await Promise.all(Array.from({ length: 4 }, () => ask('/api/sign-in', { json: { token } })));
  expect(answers.map((answer) => answer.status).sort()).toEqual([200, 401, 401, 401]);
  const cookie = answers.find((answer) => answer.ok)?.headers.get('set-cookie');
  expect(cookie).toMatch(/^kilat=[\w-]{43}; Path=\/; Max-Age=\d+; HttpOnly; SameSite=Lax$/);
  expect(await problemOf('/api/sign-in', { json: { token } })).toBe('401 sign_in_link_invalid');
});

test('over https the cookie carries the prefix that no other host can set', async () => {
  const token = (await mintOwnerLink(event.database)).slice('/sign-in#'.length);
  const answer = await ask('/api/sign-in', { json: { token }, headers: { 'x-forwarded-proto': 'https' } });
  expect(answer.headers.get('set-cookie')).toMatch(/^__Host-kilat=.*; Secure$/);
});

test('an event is made, changed and seen by its guests while live or closed', async () => {
  const { owner } = event.cookies;
  const json = { title: ' Bazaar ', starts_on: '2026-11-21', place: 'Ubud' };
  const created = await read(EventView, '/api/events', { cookie: owner, json });
  expect(created).toMatchObject({ title: 'Bazaar', starts_on: '2026-11-21', place: 'Ubud', photo_count: 0 });
  const path = `/api/events/${created.event_id}`;
  const changed = await read(EventView, path, {
    cookie: owner,
    method: 'PATCH',
    json: { place: null, state: 'draft', web_originals: true },
  });
  expect(changed).toEqual({ ...created, place: null, state: 'draft', web_originals: true });
  const [link] = await event.links.list(created.event_id);
  const opened = await ask('/api/guest-sessions', { json: { token: link?.path.slice('/g/'.length) ?? '' } });
  const cookie = opened.headers.get('set-cookie')?.split(';')[0] ?? '';
  expect(await problemOf(path, { cookie })).toBe('403 event_closed');
  await ask(path, { cookie: owner, method: 'PATCH', json: { state: 'closed' } });
  expect((await ask(path, { cookie })).status).toBe(200);
});

const bad: { name: string; path: () => string; options: Ask; want: string }[] = [
  { name: 'an unknown path', path: () => '/api/nothing', options: {}, want: '404 missing' },
  {
    name: 'an unknown event',
    path: () => '/api/events/01890000-0000-7000-8000-000000000000',
    options: { cookie: 'owner' },
    want: '404 event_missing',
  },
  { name: 'an id that is none', path: () => '/api/events/7', options: { cookie: 'owner' }, want: '400 invalid' },
  {
    name: 'a limit too large',
    path: () => `${base()}/photos?limit=201`,
    options: { cookie: 'owner' },
    want: '400 invalid',
  },
  {
    name: 'a cursor that is none',
    path: () => `${base()}/changes?after=7`,
    options: { cookie: 'owner' },
    want: '400 invalid',
  },
  {
    name: 'a title of blanks',
    path: () => '/api/events',
    options: { cookie: 'owner', json: { title: ' ' } },
    want: '400 invalid',
  },
  {
    name: 'an unknown token',
    path: () => '/api/guest-sessions',
    options: { json: { token: 'x' } },
    want: '404 link_missing',
  },
  {
    name: 'a body far too large',
    path: () => '/api/events',
    options: { cookie: 'owner', json: { title: 'x'.repeat(3_000_000) } },
    want: '413 invalid',
  },
];
test.each(bad)('answers $name with $want', async ({ path, options, want }) => {
  const cookie = options.cookie === 'owner' ? event.cookies.owner : '';
  expect(await problemOf(path(), { ...options, cookie })).toBe(want);
});

test('guessing sign-in tokens is stopped per address, and only there', async () => {
  const guess = (address: string) =>
    ask('/api/sign-in', { json: { token: 'guess' }, headers: { 'x-forwarded-for': address } });
  for (let n = 0; n < 20; n++) expect((await guess('203.0.113.7')).status).toBe(401);
  const refused = await guess('203.0.113.7');
  expect([refused.status, Number(refused.headers.get('retry-after')) > 0]).toEqual([429, true]);
  expect((await guess('203.0.113.8')).status).toBe(401);
});
