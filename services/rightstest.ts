import { allowancesOf, announceLimits } from '#internal/admission/allowance.ts';
import { admissionSettings } from '#internal/admission/settings.ts';
import { capabilitiesOf } from '#internal/auth/capability.ts';
import { readSettings } from '#internal/env/env.ts';
import {
  type Actor,
  environmentOf,
  failPhoto,
  openTestEvent,
  type TestEvent,
  testSecret,
} from '#internal/events/eventtest.ts';
import { jobStore } from '#internal/jobs/store.ts';
import { webhookStore } from '#internal/notifications/webhooks.ts';
import { peopleStore } from '#internal/people/people.ts';
import { startTarget } from '#internal/process/processtest.ts';
import { patienceMs } from '../deploy/local/patience.ts';
import { freePort } from '../deploy/local/port.ts';
import { loadTarget } from './targets.ts';

const names = ['api', 'live', 'media'] as const;

/** Is what a route's parameters are filled from: what the scene has one of, by the parameter's name, and a bit more. */
export type Ids = Awaited<ReturnType<typeof addIds>>;

/** Is one knock at a route, in a case of it; `ids` and `query` say what differs from the scene's own. */
export interface Knock {
  route: string;
  when?: string;
  /** Lists who gets a 2xx; all others get 4xx. */
  opens: readonly Actor[];
  json?: object;
  ids?: (ids: Ids) => Partial<Ids>;
  query?: (ids: Ids) => Record<string, string>;
}

/** Is an event with one of everything, and targets that serve it. */
export interface RightsScene extends AsyncDisposable {
  readonly event: TestEvent;
  /** Answers the address of a target. */
  origin(name: (typeof names)[number]): string;
  /** Answers the status that somebody gets. */
  knock(one: Knock, who: Actor): Promise<number>;
}

/** Opens a scene whose targets run without the bus. */
export async function openRightsScene(): Promise<RightsScene> {
  const event = await openTestEvent();
  const ids = await addIds(event);
  const ports: Record<string, number> = {};
  for (const name of names) ports[name] = await freePort();
  const env = {
    ...(await environmentOf(event)),
    LIVE_GRACE_SECONDS: '0',
    ...Object.fromEntries(names.map((name) => [`${name.toUpperCase()}_LISTEN`, `127.0.0.1:${ports[name]}`])),
  };
  const targets = await Promise.all(names.map(async (name) => startTarget((await loadTarget(name)).main, env)));
  const origin = (name: string) => `http://127.0.0.1:${ports[name]}`;
  return {
    event,
    origin,
    knock: (one, who) => answerTo(origin, one, ids, event.cookies[who]),
    async [Symbol.asyncDispose]() {
      await Promise.all(targets.map((target) => target.stop()));
      await event[Symbol.asyncDispose]();
    },
  };
}

async function addIds(event: TestEvent) {
  const [failed, stored] = [await event.addPhoto(), await event.addPhoto()];
  await failPhoto(event.journal, event.eventId, failed);
  return {
    ...{ event_id: event.eventId, photo_id: stored, failed_photo_id: failed },
    ...{ link_id: (await event.links.create(event.eventId)).link_id, job_id: await announceJob(event) },
    ...{
      capability: capabilityOf(event, event.eventId),
      foreign_capability: capabilityOf(event, event.foreignEventId),
    },
    ...(await addPeople(event)),
    ...(await addTold(event)),
  };
}

async function addPeople(event: TestEvent) {
  const extra = '01890000-0000-7000-8000-00000000000a';
  const { database, eventId } = event;
  await database.query(`insert into accounts (account_id, name, role) values ($1, 'Dewi', 'member')`, [extra]);
  await database.query(`insert into memberships (event_id, account_id, role) values ($1, $2, 'moderator')`, [
    ...[eventId, extra],
  ]);
  const [member] = await database.query<{ accountId: string }>(
    `select account_id as "accountId" from memberships where event_id = $1 and role = 'photographer'`,
    [eventId],
  );
  const by = { accountId: event.ownerId, role: 'owner' } as const;
  const invite = await peopleStore(event, testSecret).invites.create(eventId, by, { role: 'editor' });
  return { account_id: extra, photographer_id: member?.accountId ?? '', invite_id: invite.invite_id };
}

async function announceJob(event: TestEvent): Promise<string> {
  const limits = announceLimits(allowancesOf(readSettings(admissionSettings, {})));
  const uploader = { uploaderId: event.ownerId, accountId: event.ownerId, name: 'Owner', role: 'owner' } as const;
  const files = [{ name: 'a.jpg', size: 1 }];
  const announced = await jobStore(event.database, event.journal, limits).create({
    ...{ eventId: event.eventId, uploader, way: 'tus', files, total: 2 },
  });
  return announced.job_id;
}

// A webhook, and a message to it that was sent.
async function addTold({ database, eventId }: TestEvent) {
  const store = webhookStore(database, testSecret);
  const { webhook } = await store.create(eventId, { url: 'https://hooks.example.org/kilat', types: ['photo.stored'] });
  await store.trial(eventId, webhook.webhook_id);
  const [sent] = await database.query<{ id: string }>(
    `update notifications set state = 'sent', settled_at = now() returning notification_id as id`,
  );
  return { webhook_id: webhook.webhook_id, notification_id: sent?.id ?? '' };
}

function capabilityOf(event: TestEvent, eventId: string): string {
  const owner = { holder: 'account', holderId: event.ownerId, generation: 0 } as const;
  return capabilitiesOf(testSecret).grant({ eventId, scope: 'view', ...owner }).capability;
}

// A machine that is too busy is told as 503, which decides nothing about rights.
async function answerTo(origin: (name: string) => string, one: Knock, ids: Ids, cookie: string): Promise<number> {
  for (let tries = 1; ; tries++) {
    const status = await knock(origin, one, ids, cookie);
    if (status !== 503 || tries === 5) return status;
  }
}

async function knock(origin: (name: string) => string, one: Knock, ids: Ids, cookie: string): Promise<number> {
  const [method = '', template = ''] = one.route.split(' ');
  const filled: Record<string, string> = { ...ids, ...one.ids?.(ids) };
  const path = template.replaceAll(/\{(\w+)\}/g, (_, name: string) => filled[name] ?? `without-${name}`);
  const url = new URL(path, origin(template.split('/')[1] ?? ''));
  url.search = new URLSearchParams(one.query?.(ids)).toString();
  const headers = { cookie, ...(one.json !== undefined && { 'content-type': 'application/json' }) };
  const body = one.json === undefined ? null : JSON.stringify(one.json);
  const answer = await fetch(url, { method, headers, body, signal: AbortSignal.timeout(patienceMs) });
  await answer.body?.cancel();
  return answer.status;
}
