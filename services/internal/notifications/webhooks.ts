import { createHmac } from 'node:crypto';
import type { ChangeWebhook, CreateWebhook, WebhookSecret, WebhookView } from '@kilat/contract';
import { v7 as uuidv7 } from 'uuid';
import { deriveKey } from '../auth/token.ts';
import type { Database, Queryable } from '../database/database.ts';
import { Fault } from '../fault/fault.ts';
import { notificationId } from './id.ts';
import { insertNotifications } from './rows.ts';

const mostOfEvent = 20;

interface Row {
  webhookId: string;
  url: string;
  types: string[];
  generation: number;
  paused: boolean;
  gone: boolean;
  createdAt: Date;
}

const columns = `webhook_id as "webhookId", url, types, generation, paused_until > now() as paused, gone_at is not null as gone,
  created_at as "createdAt"`;

/** Derives the secret of a webhook's signatures: the database alone signs nothing. It looks as receivers expect it. */
export function webhookSecret(secret: string, webhookId: string, generation: number): string {
  const key = createHmac('sha256', deriveKey(secret, 'webhook')).update(`${webhookId}.${generation}`).digest('base64');
  return `whsec_${key}`;
}

/** Keeps webhooks: where an event's entries go, signed. */
export function webhookStore(database: Database, secret: string) {
  const withSecret = (row: Row): WebhookSecret => {
    return { webhook: viewOf(row), secret: webhookSecret(secret, row.webhookId, row.generation) };
  };
  return {
    async list(eventId: string): Promise<WebhookView[]> {
      const sql = `select ${columns} from webhooks where event_id = $1 order by created_at`;
      return (await database.query<Row>(sql, [eventId])).map(viewOf);
    },
    /** Adds a webhook, up to 20 of an event, and tells its secret. */
    create: (eventId: string, { url, types }: CreateWebhook) =>
      database.transaction(async (tx) => {
        await tx.query('select 1 as one from events where event_id = $1 for no key update', [eventId]);
        const sql = 'select count(*)::int as n from webhooks where event_id = $1';
        const [count] = await tx.query<{ n: number }>(sql, [eventId]);
        if ((count?.n ?? 0) >= mostOfEvent)
          throw new Fault('conflict', `An event has at most ${mostOfEvent} webhooks.`);
        const [row] = await tx.query<Row>(
          `insert into webhooks (event_id, webhook_id, url, types) values ($1, $2, $3, $4) returning ${columns}`,
          [eventId, uuidv7(), url, [...new Set(types)]],
        );
        return withSecret(row ?? missing());
      }),
    /** Changes what a webhook hears from now on. */
    async change(eventId: string, webhookId: string, { types }: ChangeWebhook): Promise<WebhookView> {
      const [row] = await database.query<Row>(
        `update webhooks set types = $3 where event_id = $1 and webhook_id = $2 returning ${columns}`,
        [eventId, webhookId, [...new Set(types)]],
      );
      return viewOf(row ?? missing());
    },
    /** Gives a webhook a new secret, and another start where its receiver had gone. */
    async rotate(eventId: string, webhookId: string): Promise<WebhookSecret> {
      const [row] = await database.query<Row>(
        `update webhooks set generation = generation + 1, failures = 0, paused_until = '-infinity', gone_at = null
         where event_id = $1 and webhook_id = $2 returning ${columns}`,
        [eventId, webhookId],
      );
      return withSecret(row ?? missing());
    },
    async remove(eventId: string, webhookId: string): Promise<void> {
      const sql = 'delete from webhooks where event_id = $1 and webhook_id = $2 returning 1 as one';
      if ((await database.query(sql, [eventId, webhookId])).length === 0) missing();
    },
    /** Owes a webhook one message that says nothing else, so that its receiver can be tried. */
    async trial(eventId: string, webhookId: string): Promise<void> {
      await database.transaction(async (tx) => {
        const sql = 'select 1 as one from webhooks where event_id = $1 and webhook_id = $2';
        if ((await tx.query(sql, [eventId, webhookId])).length === 0) missing();
        await insertTrial(tx, eventId, webhookId);
      });
    },
  };
}
export type WebhookStore = ReturnType<typeof webhookStore>;

async function insertTrial(tx: Queryable, eventId: string, webhookId: string): Promise<void> {
  const [kind, at] = ['webhook.tried', new Date()];
  const content = JSON.stringify({ type: kind, timestamp: at.toISOString(), data: { event_id: eventId } });
  const id = notificationId(kind, webhookId, uuidv7());
  await insertNotifications(tx, [{ id, eventId, kind, channel: 'webhook', targetId: webhookId, content, dueAt: at }]);
}

function missing(): never {
  throw new Fault('missing', 'There is no such webhook.', { code: 'webhook_missing' });
}

function viewOf({ webhookId, url, types, paused, gone, createdAt }: Row): WebhookView {
  const state = gone ? 'gone' : paused ? 'paused' : 'active';
  return { webhook_id: webhookId, url, types, state, created_at: createdAt.toISOString() };
}
