import type { SubscribePush } from '@kilat/contract';
import { v7 as uuidv7 } from 'uuid';
import type { Principal } from '../auth/principal.ts';
import type { Database } from '../database/database.ts';
import { Fault } from '../fault/fault.ts';

const mostOfHolder = 10;

/** Keeps the browsers that want to hear of an event's new photos; who holds one is an account, or a guest's session. */
export function subscriptionStore(database: Database) {
  return {
    /** Adds a browser, or changes how it wants to be told: from the photos on that are to come. Up to 10 for each holder. */
    async subscribe(eventId: string, who: Principal, wanted: SubscribePush): Promise<void> {
      const { endpoint, keys, language, zone, quiet } = wanted;
      const link = who.kind === 'guest' ? who : undefined;
      const rows = await database.query(
        `insert into push_subscriptions (event_id, subscription_id, holder_id, link_id, link_generation, endpoint, p256dh, auth,
           language, zone, quiet_from, quiet_to, told_photos)
         select $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12,
           coalesce((select photos from notify_cursors where event_id = $1), 0)
         where (select count(*) from push_subscriptions where event_id = $1 and holder_id = $3 and endpoint <> $6) < ${mostOfHolder}
         on conflict (event_id, endpoint) do update set holder_id = excluded.holder_id, link_id = excluded.link_id,
           link_generation = excluded.link_generation, p256dh = excluded.p256dh, auth = excluded.auth,
           language = excluded.language, zone = excluded.zone, quiet_from = excluded.quiet_from, quiet_to = excluded.quiet_to
         returning 1 as one`,
        [
          ...[eventId, uuidv7(), holderOf(who), link?.linkId ?? null, link?.linkGeneration ?? null],
          ...[endpoint, keys.p256dh, keys.auth, language, zone, quiet?.from ?? null, quiet?.to ?? null],
        ],
      );
      if (rows.length === 0) throw new Fault('conflict', `You follow from ${mostOfHolder} browsers already.`);
    },
    /** Forgets a browser; one that is not there is forgotten already. */
    async unsubscribe(eventId: string, endpoint: string): Promise<void> {
      // The endpoint is a secret of its browser: who knows it may end it.
      await database.query('delete from push_subscriptions where event_id = $1 and endpoint = $2', [eventId, endpoint]);
    },
  };
}
export type SubscriptionStore = ReturnType<typeof subscriptionStore>;

function holderOf(who: Principal): string {
  if (who.kind === 'account') return who.accountId;
  if (who.kind === 'guest') return who.sessionId;
  throw new Fault('unauthenticated', 'Sign in, or open the event by its link.');
}
