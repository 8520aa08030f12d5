import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Actor, cast } from '#internal/events/eventtest.ts';
import { type Knock, openRightsScene, type RightsScene } from './rightstest.ts';

let scene: RightsScene;
beforeAll(async () => {
  scene = await openRightsScene();
});
afterAll(() => scene[Symbol.asyncDispose]());

const everybody = cast;
const seers: Actor[] = ['guest', 'photographer', 'owner'];
const uploaders: Actor[] = ['photographer', 'owner'];
const accounts: Actor[] = ['foreignPhotographer', 'photographer', 'owner'];
const owner: Actor[] = ['owner'];
const nobody: Actor[] = [];

const event = '/api/events/{event_id}';
const wrong = { token: 'wrong' };
const subscription = {
  endpoint: 'https://push.example.org/one',
  keys: { p256dh: 'B'.repeat(87), auth: 'a'.repeat(22) },
};

const account: Knock[] = [
  { route: 'GET /api/session', opens: everybody },
  { route: 'GET /api/openapi.json', opens: everybody },
  { route: 'POST /api/sign-in', when: 'with a wrong token', opens: nobody, json: wrong },
  { route: 'POST /api/guest-sessions', when: 'with a wrong token', opens: nobody, json: wrong },
  { route: 'POST /api/join', when: 'with a wrong token', opens: nobody, json: { ...wrong, name: 'Eka' } },
  { route: 'GET /api/events', opens: accounts },
  { route: 'POST /api/events', opens: owner, json: { title: 'New' } },
  { route: 'GET /api/notifications/preferences', opens: accounts },
  {
    route: 'PUT /api/notifications/preferences',
    opens: accounts,
    json: { email: null, language: 'id', zone: 'Asia/Jakarta' },
  },
  { route: 'GET /api/push/key', opens: everybody },
  // Their signature opens them, and nothing else does: the page alone is for everybody.
  ...['unsubscribe', 'confirm'].flatMap((name): Knock[] => [
    { route: `GET /api/notifications/${name}`, when: 'with a wrong token', opens: everybody, query: () => wrong },
    { route: `POST /api/notifications/${name}`, when: 'with a wrong token', opens: nobody, query: () => wrong },
  ]),
];

const people: Knock[] = [
  { route: `GET ${event}/links`, opens: owner },
  { route: `POST ${event}/links`, opens: owner },
  { route: `DELETE ${event}/links/{link_id}`, opens: owner },
  { route: `GET ${event}/people`, opens: owner },
  { route: `POST ${event}/invites`, opens: owner, json: { role: 'photographer' } },
  { route: `DELETE ${event}/invites/{invite_id}`, opens: owner },
  {
    route: `POST ${event}/people/{account_id}/sign-in-link`,
    when: 'of the photographer',
    opens: uploaders,
    ids: ({ photographer_id }) => ({ account_id: photographer_id }),
  },
  { route: `PATCH ${event}/people/{account_id}`, opens: owner, json: { role: 'client' } },
  { route: `DELETE ${event}/people/{account_id}`, opens: owner },
  { route: `GET ${event}/quota`, opens: owner },
  {
    route: `PUT ${event}/quota`,
    opens: owner,
    json: { day: { photos: null, bytes: null }, total: { photos: null, bytes: null } },
  },
];

const failed: Knock['ids'] = ({ failed_photo_id }) => ({ photo_id: failed_photo_id });
const photos: Knock[] = [
  { route: `GET ${event}`, opens: seers },
  { route: `PATCH ${event}`, opens: owner, json: { title: 'Changed' } },
  { route: `GET ${event}/photos`, opens: seers },
  { route: `GET ${event}/photos/{photo_id}`, opens: seers },
  { route: `GET ${event}/photos/{photo_id}`, when: 'that failed', opens: uploaders, ids: failed },
  { route: `GET ${event}/changes`, opens: seers },
  {
    route: `POST ${event}/photos/{photo_id}/retry`,
    // The photographer's try succeeds; the owner's comes after it, when the photo has not failed any more.
    opens: ['photographer'],
    ids: failed,
  },
  { route: `GET ${event}/failures`, opens: uploaders },
  { route: `POST ${event}/failures/retry`, opens: uploaders, json: { photo_ids: [crypto.randomUUID()] } },
  { route: `POST ${event}/failures/retry`, when: 'of none that is named', opens: nobody, json: {} },
  {
    route: `POST ${event}/failures/discard`,
    opens: owner,
    json: { photo_ids: [crypto.randomUUID()], reason: 'other' },
  },
  { route: `POST ${event}/failures/discard`, when: 'without a reason', opens: nobody, json: { all: true } },
];

const uploads: Knock[] = [
  { route: `POST ${event}/jobs`, opens: uploaders, json: { files: [{ name: 'a.jpg', size: 1 }] } },
  // A guest sees its own jobs, of which there are none.
  { route: `GET ${event}/jobs`, opens: seers },
  { route: `GET ${event}/jobs/{job_id}`, opens: uploaders },
  { route: `GET ${event}/jobs/{job_id}/card`, opens: uploaders },
  { route: `POST ${event}/jobs/{job_id}/files`, opens: owner, json: { files: [{ name: 'b.jpg', size: 1 }] } },
  {
    route: `POST ${event}/jobs/{job_id}/progress`,
    opens: owner,
    json: { files: [{ photo_id: crypto.randomUUID(), sent: 1 }] },
  },
  { route: `POST ${event}/photos/batch`, when: 'which is passed on to upload', opens: nobody, json: {} },
];

const consequences: Knock[] = [
  { route: `GET ${event}/notifications`, opens: owner },
  { route: `POST ${event}/notifications/{notification_id}/replay`, opens: owner },
  { route: `GET ${event}/notifications/{notification_id}`, opens: owner },
  { route: `GET ${event}/webhooks`, opens: owner },
  { route: `POST ${event}/webhooks`, opens: owner, json: { url: 'https://hooks.example.org/kilat' } },
  {
    route: `POST ${event}/webhooks`,
    when: 'over http',
    opens: nobody,
    json: { url: 'http://hooks.example.org/kilat' },
  },
  { route: `PATCH ${event}/webhooks/{webhook_id}`, opens: owner, json: { types: ['photo.failed'] } },
  { route: `POST ${event}/webhooks/{webhook_id}/secret`, opens: owner },
  { route: `POST ${event}/webhooks/{webhook_id}/trial`, opens: owner },
  { route: `DELETE ${event}/webhooks/{webhook_id}`, opens: owner },
  { route: `GET ${event}/backups`, opens: owner },
  { route: `PUT ${event}/backups`, opens: owner, json: { providers: [], keep_days: null } },
  { route: `PUT ${event}/push`, opens: seers, json: subscription },
  { route: `DELETE ${event}/push`, opens: seers, json: { endpoint: subscription.endpoint } },
];

const live: Knock[] = [
  { route: 'GET /live/events/{event_id}', opens: seers },
  { route: 'GET /live/events/{event_id}/jobs/{job_id}', opens: uploaders },
  { route: 'GET /live/stats', opens: owner },
  {
    route: 'POST /live/events/{event_id}/painted',
    opens: seers,
    json: { photos: [{ photo_id: crypto.randomUUID(), took_ms: 1, ago_ms: 1 }] },
  },
];

const media: Knock[] = [
  { route: 'GET /media/{event_id}/{photo_id}/1/small', when: 'without a capability', opens: nobody, ids: failed },
  {
    route: 'GET /media/{event_id}/{photo_id}/1/original',
    when: "with a guest's capability",
    opens: nobody,
    ids: failed,
    query: ({ capability }) => ({ c: capability }),
  },
  {
    route: 'GET /media/{event_id}/{photo_id}/1/small',
    when: "with another event's capability",
    opens: nobody,
    ids: failed,
    query: ({ foreign_capability }) => ({ c: foreign_capability }),
  },
];

const knocks = [...account, ...people, ...photos, ...uploads, ...consequences, ...live, ...media];

test.each(knocks.map((one) => ({ ...one, name: [one.route, one.when].filter(Boolean).join(', ') })))(
  '$name, opens to $opens alone',
  async (one) => {
    const opened: Actor[] = [];
    for (const who of cast) {
      const status = await scene.knock(one, who);
      expect(status, `${who} got ${status}`).toBeLessThan(500);
      if (status < 300) opened.push(who);
    }
    expect(opened).toEqual(cast.filter((who) => one.opens.includes(who)));
  },
);

// It ends the session that asks, and so has a test of its own.
const apart = ['POST /api/sign-out'];

test('no route is left out of the matrix', async () => {
  const answer = await fetch(`${scene.origin('api')}/api/openapi.json`);
  const { openapi, paths } = (await answer.json()) as { openapi: string; paths: Record<string, object> };
  expect(openapi).toBe('3.1.0');
  const described = Object.entries(paths).flatMap(([path, methods]) =>
    Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
  );
  const tried = new Set([...knocks.map(({ route }) => route), ...apart]);
  expect(described).toContain('GET /api/events');
  expect(described.filter((route) => !route.startsWith('HEAD') && !tried.has(route))).toEqual([]);
});

test('a page of another site cannot make a browser write', async () => {
  const answer = await fetch(`${scene.origin('api')}/api/events/${scene.event.eventId}`, {
    method: 'PATCH',
    headers: {
      cookie: scene.event.cookies.owner,
      'content-type': 'application/json',
      origin: 'https://evil.example',
      'sec-fetch-site': 'cross-site',
    },
    body: JSON.stringify({ title: 'Stolen' }),
  });
  expect(answer.status).toBe(403);
  expect(await answer.json()).toMatchObject({ code: 'cross_site' });
});

test('a session that has ended opens nothing', async () => {
  const session = await scene.event.sessions.beginAccount(scene.event.ownerId);
  const cookie = `kilat=${session.token}`;
  const api = scene.origin('api');
  expect((await fetch(`${api}/api/events`, { headers: { cookie } })).status).toBe(200);
  expect((await fetch(`${api}/api/sign-out`, { method: 'POST', headers: { cookie } })).status).toBe(204);
  expect((await fetch(`${api}/api/events`, { headers: { cookie } })).status).toBe(401);
});
