import type { Language } from '@kilat/contract';
import { v7 as uuidv7 } from 'uuid';
import type { Environment } from '#internal/env/env.ts';
import { openTestEvent, testSecret } from '#internal/events/eventtest.ts';
import { webhookStore } from '#internal/notifications/webhooks.ts';
import { freePort } from '../../deploy/local/port.ts';
import { openMailbox, openReceiver } from './postboxtest.ts';

/** Is an event with somebody to tell: a mailbox and a receiver that are real servers. */
export type PostOffice = Awaited<ReturnType<typeof openPostOffice>>;

/**
 * Opens an event on a database of its own; `env` is what target notify needs to know. Nobody listens at its bus: notify
 * reads the journal itself.
 */
export async function openPostOffice() {
  const [event, mailbox, receiver, port] = await Promise.all([
    openTestEvent(),
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
    NOTIFY_LEASE_SECONDS: '2',
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
          `insert into job_files (event_id, job_id, position, photo_id, file_name, size)
           select $1, $2, n, id, 'a.jpg', 1 from unnest($3::uuid[]) with ordinality as f(id, n)`,
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
      await event[Symbol.asyncDispose]();
    },
  };
}
