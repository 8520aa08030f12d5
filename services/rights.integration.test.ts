import { afterAll, beforeAll, expect, test } from 'vitest';
import { allowancesOf, announceLimits } from '#internal/admission/allowance.ts';
import { admissionSettings } from '#internal/admission/settings.ts';
import { capabilitiesOf } from '#internal/auth/capability.ts';
import { readSettings } from '#internal/env/env.ts';
import { type Actor, cast, failPhoto, openTestEvent, type TestEvent, testSecret } from '#internal/events/eventtest.ts';
import { jobStore } from '#internal/jobs/store.ts';
import { webhookStore } from '#internal/notifications/webhooks.ts';
import { peopleStore } from '#internal/people/people.ts';
import { startTarget, type TestTarget } from '#internal/process/processtest.ts';
import { patienceMs } from '../deploy/local/patience.ts';
import { freePort } from '../deploy/local/port.ts';
import { freshBucket, testServers } from '../deploy/local/testing.ts';
import { loadTarget } from './targets.ts';

const names = ['api', 'live', 'media'] as const;
type Name = (typeof names)[number];
let event: TestEvent;
let job = '';
let targets: TestTarget[] = [];
const ports = new Map<Name, number>();
const photos = { failed: '', stored: '', link: '' };
const people = { photographer: '', extra: '01890000-0000-7000-8000-00000000000a', invite: '' };

beforeAll(async () => {
  event = await openTestEvent();
  photos.failed = await event.addPhoto();
  photos.stored = await event.addPhoto();
  await failPhoto(event.journal, event.eventId, photos.failed);
  photos.link = (await event.links.create(event.eventId)).link_id;
  Object.assign(people, await addPeople());
  Object.assign(told, await addTold());
  job = await announceJob();
  for (const name of names) ports.set(name, await freePort());
  const env = {
    ...testServers(),
    DATABASE_URL: event.url,
    S3_BUCKET: freshBucket(),
    // Nobody listens there: these targets serve without the bus.
    NATS_URL: `nats://127.0.0.1:${await freePort()}`,
    KILAT_SECRET: testSecret,
    LIVE_GRACE_SECONDS: '0',
    ...Object.fromEntries(names.map((name) => [`${name.toUpperCase()}_LISTEN`, `127.0.0.1:${ports.get(name)}`])),
  };
  targets = await Promise.all(names.map(async (name) => startTarget((await loadTarget(name)).main, env)));
});
afterAll(async () => {
  await Promise.all(targets.map((target) => target.stop()));
  await event[Symbol.asyncDispose]();
});

async function addPeople() {
  const key = [event.eventId, people.extra];
  await event.database.query(`insert into accounts (account_id, name, role) values ($1, 'Dewi', 'member')`, [
    people.extra,
  ]);
  await event.database.query(`insert into memberships (event_id, account_id, role) values ($1, $2, 'moderator')`, key);
  const [member] = await event.database.query<{ accountId: string }>(
    `select account_id as "accountId" from memberships where event_id = $1 and role = 'photographer'`,
    [event.eventId],
  );
  const store = peopleStore(event, testSecret);
  const by = { accountId: event.ownerId, role: 'owner' } as const;
  const invite = await store.invites.create(event.eventId, by, { role: 'editor' });
  return { photographer: member?.accountId ?? '', invite: invite.invite_id };
}

async function announceJob(): Promise<string> {
  const limits = announceLimits(allowancesOf(readSettings(admissionSettings, {})));
  const uploader = { uploaderId: event.ownerId, accountId: event.ownerId, name: 'Owner', role: 'owner' } as const;
  const files = [{ name: 'a.jpg', size: 1 }];
  const announced = await jobStore(event.database, event.journal, limits).create({
    ...{ eventId: event.eventId, uploader, way: 'tus', files, total: 2 },
  });
  return announced.job_id;
}

interface Knock {
  route: string;
  at: Name;
  /** Lists who gets a 2xx; all others get 4xx. */
  opens: readonly Actor[];
  path: () => string;
  init?: RequestInit & { json?: object };
}

const told = { webhook: '', notification: '' };
const subscription = {
  endpoint: 'https://push.example.org/one',
  keys: { p256dh: 'B'.repeat(87), auth: 'a'.repeat(22) },
};

// A webhook, and a message to it that was sent.
async function addTold() {
  const { webhook } = await webhookStore(event.database, testSecret).create(event.eventId, {
    url: 'https://hooks.example.org/kilat',
    types: ['photo.stored'],
  });
  await webhookStore(event.database, testSecret).trial(event.eventId, webhook.webhook_id);
  const [sent] = await event.database.query<{ id: string }>(
    `update notifications set state = 'sent', settled_at = now() returning notification_id as id`,
  );
  return { webhook: webhook.webhook_id, notification: sent?.id ?? '' };
}

const everybody = cast;
const seers: Actor[] = ['guest', 'photographer', 'owner'];
const base = () => `/api/events/${event.eventId}`;

const knocks: Knock[] = [
  { route: 'GET /api/session', at: 'api', opens: everybody, path: () => '/api/session' },
  { route: 'GET /api/openapi.json', at: 'api', opens: everybody, path: () => '/api/openapi.json' },
  {
    route: 'POST /api/sign-in with a wrong token',
    at: 'api',
    opens: [],
    path: () => '/api/sign-in',
    init: { method: 'POST', json: { token: 'wrong' } },
  },
  {
    route: 'POST /api/guest-sessions with a wrong token',
    at: 'api',
    opens: [],
    path: () => '/api/guest-sessions',
    init: { method: 'POST', json: { token: 'wrong' } },
  },
  {
    route: 'GET /api/events',
    at: 'api',
    opens: ['foreignPhotographer', 'photographer', 'owner'],
    path: () => '/api/events',
  },
  {
    route: 'POST /api/events',
    at: 'api',
    opens: ['owner'],
    path: () => '/api/events',
    init: { method: 'POST', json: { title: 'New' } },
  },
  { route: 'GET an event', at: 'api', opens: seers, path: base },
  {
    route: 'PATCH an event',
    at: 'api',
    opens: ['owner'],
    path: base,
    init: { method: 'PATCH', json: { title: 'Changed' } },
  },
  { route: 'GET photos', at: 'api', opens: seers, path: () => `${base()}/photos` },
  { route: 'GET a photo', at: 'api', opens: seers, path: () => `${base()}/photos/${photos.stored}` },
  {
    route: 'GET a failed photo',
    at: 'api',
    opens: ['photographer', 'owner'],
    path: () => `${base()}/photos/${photos.failed}`,
  },
  { route: 'GET changes', at: 'api', opens: seers, path: () => `${base()}/changes` },
  { route: 'GET links', at: 'api', opens: ['owner'], path: () => `${base()}/links` },
  { route: 'POST links', at: 'api', opens: ['owner'], path: () => `${base()}/links`, init: { method: 'POST' } },
  {
    route: 'DELETE a link',
    at: 'api',
    opens: ['owner'],
    path: () => `${base()}/links/${photos.link}`,
    init: { method: 'DELETE' },
  },
  { route: 'GET people', at: 'api', opens: ['owner'], path: () => `${base()}/people` },
  {
    route: 'POST invites',
    at: 'api',
    opens: ['owner'],
    path: () => `${base()}/invites`,
    init: { method: 'POST', json: { role: 'photographer' } },
  },
  {
    route: 'DELETE an invite',
    at: 'api',
    opens: ['owner'],
    path: () => `${base()}/invites/${people.invite}`,
    init: { method: 'DELETE' },
  },
  {
    route: 'POST join with a wrong token',
    at: 'api',
    opens: [],
    path: () => '/api/join',
    init: { method: 'POST', json: { token: 'wrong', name: 'Eka' } },
  },
  {
    route: 'POST a sign-in link of the photographer',
    at: 'api',
    opens: ['photographer', 'owner'],
    path: () => `${base()}/people/${people.photographer}/sign-in-link`,
    init: { method: 'POST' },
  },
  {
    route: 'PATCH a member',
    at: 'api',
    opens: ['owner'],
    path: () => `${base()}/people/${people.extra}`,
    init: { method: 'PATCH', json: { role: 'client' } },
  },
  {
    route: 'DELETE a member',
    at: 'api',
    opens: ['owner'],
    path: () => `${base()}/people/${people.extra}`,
    init: { method: 'DELETE' },
  },
  { route: 'GET the quota', at: 'api', opens: ['owner'], path: () => `${base()}/quota` },
  {
    route: 'PUT the quota',
    at: 'api',
    opens: ['owner'],
    path: () => `${base()}/quota`,
    init: { method: 'PUT', json: { day: { photos: null, bytes: null }, total: { photos: null, bytes: null } } },
  },
  {
    route: 'POST retry of a failed photo',
    at: 'api',
    // The photographer's try succeeds; the owner's comes after it, when the photo has not failed any more.
    opens: ['photographer'],
    path: () => `${base()}/photos/${photos.failed}/retry`,
    init: { method: 'POST' },
  },
  { route: 'GET failures', at: 'api', opens: ['photographer', 'owner'], path: () => `${base()}/failures` },
  {
    route: 'POST retry of failures',
    at: 'api',
    opens: ['photographer', 'owner'],
    path: () => `${base()}/failures/retry`,
    init: { method: 'POST', json: { photo_ids: [crypto.randomUUID()] } },
  },
  {
    route: 'POST retry of failures that are not named',
    at: 'api',
    opens: [],
    path: () => `${base()}/failures/retry`,
    init: { method: 'POST', json: {} },
  },
  {
    route: 'POST discard of failures',
    at: 'api',
    opens: ['owner'],
    path: () => `${base()}/failures/discard`,
    init: { method: 'POST', json: { photo_ids: [crypto.randomUUID()], reason: 'other' } },
  },
  {
    route: 'POST discard of failures without a reason',
    at: 'api',
    opens: [],
    path: () => `${base()}/failures/discard`,
    init: { method: 'POST', json: { all: true } },
  },
  {
    route: 'POST jobs',
    at: 'api',
    opens: ['photographer', 'owner'],
    path: () => `${base()}/jobs`,
    init: { method: 'POST', json: { files: [{ name: 'a.jpg', size: 1 }] } },
  },
  // A guest sees its own jobs, of which there are none.
  { route: 'GET jobs', at: 'api', opens: seers, path: () => `${base()}/jobs` },
  { route: 'GET a job', at: 'api', opens: ['photographer', 'owner'], path: () => `${base()}/jobs/${job}` },
  {
    route: 'GET the card of a job',
    at: 'api',
    opens: ['photographer', 'owner'],
    path: () => `${base()}/jobs/${job}/card`,
  },
  {
    route: 'POST more files of a job',
    at: 'api',
    opens: ['owner'],
    path: () => `${base()}/jobs/${job}/files`,
    init: { method: 'POST', json: { files: [{ name: 'b.jpg', size: 1 }] } },
  },
  {
    route: 'POST the progress of a job',
    at: 'api',
    opens: ['owner'],
    path: () => `${base()}/jobs/${job}/progress`,
    init: { method: 'POST', json: { files: [{ photo_id: crypto.randomUUID(), sent: 1 }] } },
  },
  {
    route: 'POST a batch, which is passed on to upload',
    at: 'api',
    opens: [],
    path: () => `${base()}/photos/batch`,
    init: { method: 'POST', json: {} },
  },
  {
    route: 'GET what an account wants to be told',
    at: 'api',
    opens: ['foreignPhotographer', 'photographer', 'owner'],
    path: () => '/api/notifications/preferences',
  },
  {
    route: 'PUT what an account wants to be told',
    at: 'api',
    opens: ['foreignPhotographer', 'photographer', 'owner'],
    path: () => '/api/notifications/preferences',
    init: { method: 'PUT', json: { email: null, language: 'id', zone: 'Asia/Jakarta' } },
  },
  // Their signature opens them, and nothing else does: the page alone is for everybody.
  ...(['unsubscribe', 'confirm'] as const).flatMap((name): Knock[] => [
    {
      route: `GET the page of a mail's link to ${name}`,
      at: 'api',
      opens: everybody,
      path: () => `/api/notifications/${name}?token=wrong`,
    },
    {
      route: `POST a mail's link to ${name} with a wrong token`,
      at: 'api',
      opens: [],
      path: () => `/api/notifications/${name}?token=wrong`,
      init: { method: 'POST' },
    },
  ]),
  { route: 'GET notifications', at: 'api', opens: ['owner'], path: () => `${base()}/notifications` },
  {
    route: 'POST replay of a notification that is settled',
    at: 'api',
    opens: ['owner'],
    path: () => `${base()}/notifications/${told.notification}/replay`,
    init: { method: 'POST' },
  },
  {
    route: 'GET a notification',
    at: 'api',
    opens: ['owner'],
    path: () => `${base()}/notifications/${told.notification}`,
  },
  { route: 'GET webhooks', at: 'api', opens: ['owner'], path: () => `${base()}/webhooks` },
  {
    route: 'POST webhooks',
    at: 'api',
    opens: ['owner'],
    path: () => `${base()}/webhooks`,
    init: { method: 'POST', json: { url: 'https://hooks.example.org/kilat' } },
  },
  {
    route: 'POST a webhook over http',
    at: 'api',
    opens: [],
    path: () => `${base()}/webhooks`,
    init: { method: 'POST', json: { url: 'http://hooks.example.org/kilat' } },
  },
  {
    route: 'PATCH a webhook',
    at: 'api',
    opens: ['owner'],
    path: () => `${base()}/webhooks/${told.webhook}`,
    init: { method: 'PATCH', json: { types: ['photo.failed'] } },
  },
  {
    route: 'POST a new secret of a webhook',
    at: 'api',
    opens: ['owner'],
    path: () => `${base()}/webhooks/${told.webhook}/secret`,
    init: { method: 'POST' },
  },
  {
    route: 'POST a trial of a webhook',
    at: 'api',
    opens: ['owner'],
    path: () => `${base()}/webhooks/${told.webhook}/trial`,
    init: { method: 'POST' },
  },
  {
    route: 'DELETE a webhook',
    at: 'api',
    opens: ['owner'],
    path: () => `${base()}/webhooks/${told.webhook}`,
    init: { method: 'DELETE' },
  },
  { route: 'GET where second copies go', at: 'api', opens: ['owner'], path: () => `${base()}/backups` },
  {
    route: 'PUT where second copies go',
    at: 'api',
    opens: ['owner'],
    path: () => `${base()}/backups`,
    init: { method: 'PUT', json: { providers: [], keep_days: null } },
  },
  { route: 'GET the key of push', at: 'api', opens: everybody, path: () => '/api/push/key' },
  {
    route: 'PUT a push subscription',
    at: 'api',
    opens: seers,
    path: () => `${base()}/push`,
    init: { method: 'PUT', json: subscription },
  },
  {
    route: 'DELETE a push subscription',
    at: 'api',
    opens: seers,
    path: () => `${base()}/push`,
    init: { method: 'DELETE', json: { endpoint: subscription.endpoint } },
  },
  {
    route: 'GET the live stream of a job',
    at: 'live',
    opens: ['photographer', 'owner'],
    path: () => `/live/events/${event.eventId}/jobs/${job}`,
  },
  { route: 'GET the figures of target live', at: 'live', opens: ['owner'], path: () => '/live/stats' },
  {
    route: 'POST that photos were shown',
    at: 'live',
    opens: seers,
    path: () => `/live/events/${event.eventId}/painted`,
    init: { method: 'POST', json: { photos: [{ photo_id: crypto.randomUUID(), took_ms: 1, ago_ms: 1 }] } },
  },
  { route: 'GET the live stream', at: 'live', opens: seers, path: () => `/live/events/${event.eventId}` },
  {
    route: 'GET a rendition without a capability',
    at: 'media',
    opens: [],
    path: () => `/media/${event.eventId}/${photos.failed}/1/small`,
  },
  {
    route: "GET an original with a guest's capability",
    at: 'media',
    opens: [],
    path: () => `/media/${event.eventId}/${photos.failed}/1/original?c=${capabilityOf(event.eventId)}`,
  },
  {
    route: "GET a rendition with another event's capability",
    at: 'media',
    opens: [],
    path: () => `/media/${event.eventId}/${photos.failed}/1/small?c=${capabilityOf(event.foreignEventId)}`,
  },
];

function capabilityOf(eventId: string): string {
  const owner = { holder: 'account', holderId: event.ownerId, generation: 0 } as const;
  return capabilitiesOf(testSecret).grant({ eventId, scope: 'view', ...owner }).capability;
}

async function knock({ at, path, init: { json, ...init } = {} }: Knock, who: Actor): Promise<number> {
  const stop = AbortSignal.timeout(patienceMs);
  const headers: Record<string, string> = { cookie: event.cookies[who] };
  if (json !== undefined) headers['content-type'] = 'application/json';
  const body = json === undefined ? null : JSON.stringify(json);
  const answer = await fetch(`http://127.0.0.1:${ports.get(at)}${path()}`, { ...init, headers, body, signal: stop });
  await answer.body?.cancel();
  return answer.status;
}

// A machine that is too busy is told as 503, which decides nothing about rights.
async function answerTo(one: Knock, who: Actor): Promise<number> {
  for (let tries = 1; ; tries++) {
    const status = await knock(one, who);
    if (status !== 503 || tries === 5) return status;
  }
}

test.each(knocks)('$route opens to $opens alone', async (one) => {
  const opened: Actor[] = [];
  for (const who of cast) {
    const status = await answerTo(one, who);
    expect(status, `${who} got ${status}`).toBeLessThan(500);
    if (status < 300) opened.push(who);
  }
  expect(opened).toEqual(cast.filter((who) => one.opens.includes(who)));
});

test('no route is left out of the matrix', async () => {
  const answer = await fetch(`http://127.0.0.1:${ports.get('api')}/api/openapi.json`);
  const { openapi, paths } = (await answer.json()) as { openapi: string; paths: Record<string, object> };
  const described = Object.entries(paths).flatMap(([path, methods]) =>
    Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
  );
  expect(openapi).toBe('3.1.0');
  expect(described.filter((one) => !one.startsWith('HEAD')).sort()).toEqual([
    'DELETE /api/events/{event_id}/invites/{invite_id}',
    'DELETE /api/events/{event_id}/links/{link_id}',
    'DELETE /api/events/{event_id}/people/{account_id}',
    'DELETE /api/events/{event_id}/push',
    'DELETE /api/events/{event_id}/webhooks/{webhook_id}',
    'GET /api/events',
    'GET /api/events/{event_id}',
    'GET /api/events/{event_id}/backups',
    'GET /api/events/{event_id}/changes',
    'GET /api/events/{event_id}/failures',
    'GET /api/events/{event_id}/jobs',
    'GET /api/events/{event_id}/jobs/{job_id}',
    'GET /api/events/{event_id}/jobs/{job_id}/card',
    'GET /api/events/{event_id}/links',
    'GET /api/events/{event_id}/notifications',
    'GET /api/events/{event_id}/notifications/{notification_id}',
    'GET /api/events/{event_id}/people',
    'GET /api/events/{event_id}/photos',
    'GET /api/events/{event_id}/photos/{photo_id}',
    'GET /api/events/{event_id}/quota',
    'GET /api/events/{event_id}/webhooks',
    'GET /api/notifications/confirm',
    'GET /api/notifications/preferences',
    'GET /api/notifications/unsubscribe',
    'GET /api/push/key',
    'GET /api/session',
    'PATCH /api/events/{event_id}',
    'PATCH /api/events/{event_id}/people/{account_id}',
    'PATCH /api/events/{event_id}/webhooks/{webhook_id}',
    'POST /api/events',
    'POST /api/events/{event_id}/failures/discard',
    'POST /api/events/{event_id}/failures/retry',
    'POST /api/events/{event_id}/invites',
    'POST /api/events/{event_id}/jobs',
    'POST /api/events/{event_id}/jobs/{job_id}/files',
    'POST /api/events/{event_id}/jobs/{job_id}/progress',
    'POST /api/events/{event_id}/links',
    'POST /api/events/{event_id}/notifications/{notification_id}/replay',
    'POST /api/events/{event_id}/people/{account_id}/sign-in-link',
    'POST /api/events/{event_id}/photos/batch',
    'POST /api/events/{event_id}/photos/{photo_id}/retry',
    'POST /api/events/{event_id}/webhooks',
    'POST /api/events/{event_id}/webhooks/{webhook_id}/secret',
    'POST /api/events/{event_id}/webhooks/{webhook_id}/trial',
    'POST /api/guest-sessions',
    'POST /api/join',
    'POST /api/notifications/confirm',
    'POST /api/notifications/unsubscribe',
    'POST /api/sign-in',
    'POST /api/sign-out',
    'PUT /api/events/{event_id}/backups',
    'PUT /api/events/{event_id}/push',
    'PUT /api/events/{event_id}/quota',
    'PUT /api/notifications/preferences',
  ]);
});

test('a page of another site cannot make a browser write', async () => {
  const answer = await fetch(`http://127.0.0.1:${ports.get('api')}${base()}`, {
    method: 'PATCH',
    headers: {
      cookie: event.cookies.owner,
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
  const session = await event.sessions.beginAccount(event.ownerId);
  const cookie = `kilat=${session.token}`;
  const api = `http://127.0.0.1:${ports.get('api')}`;
  expect((await fetch(`${api}/api/events`, { headers: { cookie } })).status).toBe(200);
  expect((await fetch(`${api}/api/sign-out`, { method: 'POST', headers: { cookie } })).status).toBe(204);
  expect((await fetch(`${api}/api/events`, { headers: { cookie } })).status).toBe(401);
});
