import type { Database } from '#internal/database/database.ts';
import { jittered } from '#internal/stages/outcome.ts';
import type { Owed, Result } from './channels/channel.ts';
import { type Fate, waitAfter } from './outcome.ts';

/** Keeps what is owed; each write names the try, so that one whose lease has ended changes nothing. */
export interface OwedStore {
  /** Takes the next notification that is due, for one try within a lease; undefined when none is. */
  claim(channels: readonly string[], leaseSeconds: number): Promise<Owed | undefined>;
  settle(owed: Owed, fate: Fate, status?: number): Promise<void>;
  /** Logs a try that took so many milliseconds. */
  log(owed: Owed, result: Result, tookMs: number): Promise<void>;
  /** Gives a try back that a channel could not make. */
  release(owed: Owed, inMs: number): Promise<void>;
  /** Notes how a receiver does: one that fails is left alone for a while, with all that it is owed. */
  judge(owed: Owed, result: Result): Promise<void>;
  /** Forgets a reader that is gone. */
  forget(owed: Owed): Promise<void>;
}

/** Makes the store. A claim is a commit of its own, and counts the try before it is made: so that a crash counts too. */
export function owedStore(database: Database): OwedStore {
  return {
    async claim(channels, leaseSeconds) {
      const [row] = await database.query<Owed>(
        `update notifications set attempts = attempts + 1, due_at = now() + make_interval(secs => $2)
         where notification_id = (
           select n.notification_id from notifications n left join webhooks w on n.channel = 'webhook' and w.event_id = n.event_id
             and w.webhook_id = n.target_id
           where n.state = 'due' and n.due_at <= now() and n.channel = any($1) and coalesce(w.paused_until <= now(), true)
           order by n.due_at, n.notification_id limit 1 for update of n skip locked)
         returning notification_id as id, event_id as "eventId", kind, channel, target_id as "targetId", content, attempts,
           created_at as "createdAt", give_up_at as "giveUpAt"`,
        [channels, leaseSeconds],
      );
      return row;
    },
    async settle({ id, attempts }, fate, status) {
      const due = fate.state === 'due';
      const [inMs, errorClass, error] = [
        due ? fate.inMs : 0,
        ...('class' in fate ? [fate.class, fate.error] : [null, null]),
      ];
      await database.query(
        `update notifications set state = $3, due_at = case when $4 then now() + make_interval(secs => $5) else due_at end,
           settled_at = case when $4 then null else now() end, status = $6, error_class = $7, error = $8
         where notification_id = $1 and attempts = $2 and state = 'due'`,
        [id, attempts, fate.state, due, inMs / 1_000, status ?? null, errorClass, error],
      );
    },
    async log({ id }, result, tookMs) {
      const status = 'status' in result ? (result.status ?? null) : null;
      const error = 'error' in result ? result.error : null;
      // What was forgotten meanwhile, its event with it, needs no log.
      await database.query(
        `insert into notification_tries (notification_id, tried_at, took_ms, result, status, error)
         select notification_id, now() - make_interval(secs => $2), $3, $4, $5, $6 from notifications where notification_id = $1
         on conflict do nothing`,
        [id, tookMs / 1_000, Math.round(tookMs), result.state, status, error],
      );
    },
    async release({ id, attempts }, inMs) {
      await database.query(
        `update notifications set attempts = attempts - 1, due_at = now() + make_interval(secs => $3)
         where notification_id = $1 and attempts = $2 and state = 'due'`,
        [id, attempts, inMs / 1_000],
      );
    },
    async judge({ channel, eventId, targetId }, { state }) {
      if (channel !== 'webhook' || state === 'unwanted') return;
      const key = [eventId, targetId];
      if (state === 'sent') {
        const sql = `update webhooks set failures = 0, paused_until = '-infinity' where event_id = $1 and webhook_id = $2 and failures > 0`;
        await database.query(sql, key);
      } else await pauseReceiver(database, key);
    },
    async forget({ channel, eventId, targetId }) {
      const key = [eventId, targetId];
      if (channel === 'push')
        await database.query('delete from push_subscriptions where event_id = $1 and subscription_id = $2', key);
      if (channel === 'webhook')
        await database.query('update webhooks set gone_at = now() where event_id = $1 and webhook_id = $2', key);
    },
  };
}

/** Ends what nobody could be told in time, a channel that was down among the reasons. */
export async function giveUp(database: Database): Promise<void> {
  await database.query(
    `update notifications set state = 'failed', settled_at = now(), error_class = coalesce(error_class, 'server'),
       error = coalesce(error, 'It could not be sent in time.')
     where notification_id in (
       select notification_id from notifications where state = 'due' and due_at <= now() and give_up_at <= now() limit 1000
       for update skip locked)`,
  );
}

// Tries that failed side by side count once: none was made while the receiver was paused.
async function pauseReceiver(database: Database, key: readonly unknown[]): Promise<void> {
  const [row] = await database.query<{ failures: number }>(
    `update webhooks set failures = failures + 1, paused_until = now() + interval '1 second'
     where event_id = $1 and webhook_id = $2 and paused_until <= now() returning failures`,
    key,
  );
  if (row === undefined) return;
  const seconds = jittered(Math.min(waitAfter('webhook', row.failures) ?? 0, 600_000)) / 1_000;
  await database.query(
    `update webhooks set paused_until = now() + make_interval(secs => $3) where event_id = $1 and webhook_id = $2`,
    [...key, seconds],
  );
}
