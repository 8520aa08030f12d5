import webPush from 'web-push';
import type { Database } from '#internal/database/database.ts';
import type { VapidKeys } from '#internal/notifications/vapid.ts';
import type { Channel, Result } from './channel.ts';
import type { Answer, Post } from './post.ts';

const ttlSeconds = 4 * 3_600;

/** Is what the channel needs; `subject` is how a push service reaches who runs this install. */
export interface PushDeps {
  database: Database;
  post: Post;
  keys: VapidKeys;
  subject: string;
}

interface Target {
  endpoint: string;
  p256dh: string;
  auth: string;
}

/** Makes the channel of Web Push: encrypted for its browser, newer news in place of older. */
export function pushChannel({ database, post, keys, subject }: PushDeps): Channel {
  const vapidDetails = { subject, ...keys };
  return {
    name: 'push',
    async send(owed, signal) {
      const [target] = await database.query<Target>(
        'select endpoint, p256dh, auth from push_subscriptions where event_id = $1 and subscription_id = $2',
        [owed.eventId, owed.targetId],
      );
      if (target === undefined) return { state: 'unwanted' };
      const { endpoint, ...secrets } = target;
      const topic = owed.eventId?.replaceAll('-', '') ?? '';
      const options = { TTL: ttlSeconds, topic, urgency: 'normal', vapidDetails } as const;
      const { headers, body } = webPush.generateRequestDetails({ endpoint, keys: secrets }, owed.content, options);
      const { 'Content-Length': _length, ...rest } = headers;
      return resultOf(await post(endpoint, body, rest, signal));
    },
  };
}

function resultOf(answer: Answer): Result {
  if (answer.kind === 'blocked') return { state: 'gone', error: 'The push service is not one that may be reached.' };
  if (answer.kind === 'unreached')
    return { state: 'later', class: 'network', error: 'The push service did not answer.' };
  const { status, retryAfterMs } = answer;
  if (status >= 200 && status < 300) return { state: 'sent', status };
  if (status === 404 || status === 410) return { state: 'gone', status, error: 'The subscription is gone.' };
  const error = `The push service answered ${status}.`;
  if (status !== 429 && status < 500) return { state: 'refused', status, error };
  const wait = retryAfterMs === undefined ? {} : { waitMs: retryAfterMs };
  return { state: 'later', class: status === 429 ? 'rate_limit' : 'server', status, error, ...wait };
}
