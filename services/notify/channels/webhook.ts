import { createHmac } from 'node:crypto';
import type { Database } from '#internal/database/database.ts';
import { webhookSecret } from '#internal/notifications/webhooks.ts';
import type { Channel, Owed, Result } from './channel.ts';
import type { Answer, Post } from './post.ts';

/** Is what the channel needs. */
export interface WebhookDeps {
  database: Database;
  secret: string;
  post: Post;
}

interface Target {
  url: string;
  generation: number;
}

/** Makes the channel of webhooks, with the headers and the signature of Standard Webhooks. */
export function webhookChannel({ database, secret, post }: WebhookDeps): Channel {
  return {
    name: 'webhook',
    async send(owed, signal) {
      const [target] = await database.query<Target>(
        'select url, generation from webhooks where event_id = $1 and webhook_id = $2 and gone_at is null',
        [owed.eventId, owed.targetId],
      );
      if (target === undefined) return { state: 'unwanted' };
      const key = webhookSecret(secret, owed.targetId, target.generation);
      const answer = await post(target.url, owed.content, headersOf(owed, key), signal);
      return resultOf(answer);
    },
  };
}

/** Signs a message as its receiver checks it: HMAC-SHA256 of id, timestamp in seconds, and body. */
export function signatureOf(key: string, id: string, timestamp: number, body: string): string {
  const bytes = Buffer.from(key.slice('whsec_'.length), 'base64');
  return `v1,${createHmac('sha256', bytes).update(`${id}.${timestamp}.${body}`).digest('base64')}`;
}

function headersOf({ id, content }: Owed, key: string): Record<string, string> {
  const timestamp = Math.floor(Date.now() / 1_000);
  return {
    'content-type': 'application/json',
    'webhook-id': id,
    'webhook-timestamp': String(timestamp),
    'webhook-signature': signatureOf(key, id, timestamp, content),
  };
}

function resultOf(answer: Answer): Result {
  if (answer.kind === 'blocked') return { state: 'refused', error: 'The address is not one that may be reached.' };
  if (answer.kind === 'unreached')
    return { state: 'later', class: 'network', error: 'The receiver did not answer in time.' };
  const { status, retryAfterMs } = answer;
  if (status >= 200 && status < 300) return { state: 'sent', status };
  if (status === 410) return { state: 'gone', status, error: 'The receiver is gone.' };
  const wait = retryAfterMs === undefined ? {} : { waitMs: retryAfterMs };
  return {
    state: 'later',
    class: status === 429 ? 'rate_limit' : 'server',
    status,
    error: `The receiver answered ${status}.`,
    ...wait,
  };
}
