import type { Language, SubscribePush } from '@kilat/contract';
import { v7 as uuidv7 } from 'uuid';
import type { GuestPrincipal } from '#internal/auth/principal.ts';
import type { Environment } from '#internal/env/env.ts';
import { openTestEvent, type TestEvent, testSecret } from '#internal/events/eventtest.ts';
import { subscriptionStore } from '#internal/notifications/subscriptions.ts';
import { webhookStore } from '#internal/notifications/webhooks.ts';
import { freePort } from '../../deploy/local/port.ts';
import { openBrowser } from './browsertest.ts';
import { openMailbox, openReceiver } from './postboxtest.ts';

/** Is an event with somebody to tell: a mailbox and a receiver that are real servers. */
export type PostOffice = Awaited<ReturnType<typeof openPostOffice>>;

/**
 * Opens an event on a database of its own, or serves one that is there and stays its opener's; `env` is what target notify
 * needs to know. Nobody listens at its bus: notify reads the journal itself.
 */
export async function openPostOffice(served?: TestEvent) {
  const [event, mailbox, receiver, port] = await Promise.all([
    served ?? openTestEvent(),
    openMailbox(),
    openReceiver(),
    freePort(),
  ]);
  const { database, eventId } = event;
  const env: Environment = {
    DATABASE_URL: event.url,
    NATS_URL: `nats://127.0.0.1:${port}`,
    KILAT_SECRET: testSecret,
    PUBLIC_ORIGIN: 'https://photos.example.org',
    SMTP_URL: mailbox.url,
    SMTP_FROM: 'Kilat <kilat@example.org>',
    NOTIFY_TO_LOOPBACK: 'true',
    NOTIFY_GATHER_SECONDS: '0',
    NOTIFY_REST_MINUTES: '0',
    NOTIFY_BACKLOG_MINUTES: '0',
    NOTIFY_LEASE_SECONDS: '120',
    NOTIFY_POLL_MS: '50',
  };
  return {
    ...{ event, mailbox, receiver, env },
    webhooks: webhookStore(database, testSecret),
    /** Makes an account a reader of mail, its address confirmed. */
    addReader: (accountId: string, email: string, language: Language = 'en') =>
      database.query(
        `insert into recipients (recipient_id, account_id, email, language, confirmed_at) values ($1, $2, $3, $4, now())`,
        [uuidv7(), accountId, email, language],
      ),
    /** Subscribes a guest's browser at a path of the receiver, which stands for its push service. */
    async subscribe(path: string, wanted: Partial<SubscribePush> = {}) {
      const browser = openBrowser();
      const endpoint = new URL(path, receiver.url).href;
      const all = { endpoint, keys: browser.keys, language: 'en', zone: 'UTC', quiet: null, ...wanted } as const;
      await subscriptionStore(database).subscribe(eventId, await guestOf(event), all);
      return browser;
    },
    /** Adds a member with a role, and gives its account. */
    async addMember(role: string): Promise<string> {
      const accountId = uuidv7();
      await database.query(`insert into accounts (account_id, name, role) values ($1, 'Budi', 'member')`, [accountId]);
      const sql = 'insert into memberships (event_id, account_id, role) values ($1, $2, $3)';
      await database.query(sql, [eventId, accountId, role]);
      return accountId;
    },
    /** Settles a photo as its thumbnail stage does. */
    render: (photoId: string) =>
      event.journal.commit(eventId, async (tx) => {
        await tx.query(`update photos set state = 'ready' where event_id = $1 and photo_id = $2`, [eventId, photoId]);
        return { value: undefined, entries: [{ type: 'photo.rendered', photo_id: photoId }] };
      }),
    /** Announces photos that are there as one job of an account. */
    async announce(accountId: string, photoIds: readonly string[]): Promise<string> {
      const jobId = uuidv7();
      await event.journal.commit(eventId, async (tx) => {
        const sql = 'insert into jobs (event_id, job_id, account_id, uploader_id, total) values ($1, $2, $3, $3, $4)';
        await tx.query(sql, [eventId, jobId, accountId, photoIds.length]);
        await tx.query(
          `insert into job_files (event_id, job_id, position, photo_id, file_name, size, sha256)
           select $1, $2, n, p.photo_id, p.file_name, p.size, p.sha256
           from unnest($3::uuid[]) with ordinality as f(id, n) join photos p on p.event_id = $1 and p.photo_id = f.id`,
          [eventId, jobId, photoIds],
        );
        const data = { job_id: jobId, total: photoIds.length };
        return { value: undefined, entries: [{ type: 'job.announced', data }] };
      });
      return jobId;
    },
    notifications: () =>
      database.query<{
        id: string;
        kind: string;
        channel: string;
        state: string;
        attempts: number;
        error: string | null;
      }>(
        'select notification_id as id, kind, channel, state, attempts, error from notifications order by created_at, notification_id',
      ),
    async [Symbol.asyncDispose]() {
      await mailbox[Symbol.asyncDispose]();
      await receiver[Symbol.asyncDispose]();
      if (served === undefined) await event[Symbol.asyncDispose]();
    },
  };
}

async function guestOf({ eventId, links }: TestEvent): Promise<GuestPrincipal> {
  const [link] = await links.list(eventId);
  return { kind: 'guest', eventId, linkId: link?.link_id ?? '', linkGeneration: 1, sessionId: uuidv7() };
}
