import type { Language, PushNews } from '@kilat/contract';
import type { Database, Transaction } from '#internal/database/database.ts';
import { notificationId } from '#internal/notifications/id.ts';
import { afterQuiet, type Hours } from '#internal/notifications/quiet.ts';
import { insertNotifications, type NewNotification } from '#internal/notifications/rows.ts';
import { many } from './words.ts';

const atOnce = 200;

interface Follower extends Hours {
  eventId: string;
  subscriptionId: string;
  language: Language;
  title: string;
  photos: number;
  count: number;
  epoch: string;
}

/** Tells guests who ask of new photos, each at most once in a time; returns how many followers there were something for. */
export async function tellNews(database: Database, restMinutes: number): Promise<number> {
  for (let told = 0; ; ) {
    const some = await database.transaction((tx) => tellSome(tx, restMinutes));
    told += some;
    if (some < atOnce) return told;
  }
}

// A guest of a link that is over, or who was sent away, hears no more; nor does anybody while the event is not open.
async function tellSome(tx: Transaction, restMinutes: number): Promise<number> {
  const followers = await tx.query<Follower>(
    `select s.event_id as "eventId", s.subscription_id as "subscriptionId", s.language, s.zone, s.quiet_from as "quietFrom",
       s.quiet_to as "quietTo", e.title, c.photos, (c.photos - s.told_photos)::int as count, i.epoch
     from push_subscriptions s join notify_cursors c on c.event_id = s.event_id join events e on e.event_id = s.event_id
     cross join installation i
     where c.photos > s.told_photos and s.next_at <= now() and e.state in ('live', 'closed') and case when s.link_id is null
       then exists (select 1 from accounts a left join memberships m on m.account_id = a.account_id and m.event_id = s.event_id
         where a.account_id = s.holder_id and (a.role = 'owner' or m.role is not null))
       else exists (select 1 from links l where l.event_id = s.event_id and l.link_id = s.link_id
         and l.generation = s.link_generation and l.revoked_at is null and coalesce(l.expires_at > now(), true)) end
     order by s.next_at limit ${atOnce} for update of s skip locked`,
  );
  const now = new Date();
  const awake = followers.filter((one) => afterQuiet(now, one) === now);
  await insertNotifications(tx, awake.map(newsOf));
  for (const one of followers) {
    const rested = new Date(now.getTime() + restMinutes * 60_000);
    const nextAt = awake.includes(one) ? rested : afterQuiet(now, one);
    await tx.query(
      `update push_subscriptions set next_at = $3, told_photos = case when $4 then $5 else told_photos end
       where event_id = $1 and subscription_id = $2`,
      [one.eventId, one.subscriptionId, nextAt, awake.includes(one), one.photos],
    );
  }
  return followers.length;
}

function newsOf(one: Follower): NewNotification {
  const [kind, { eventId, subscriptionId, language, title, count }] = ['new_photos' as const, one];
  const id = notificationId(one.epoch, eventId, kind, subscriptionId, one.photos);
  const body =
    language === 'id' ? many(count, language, 'foto baru') : many(count, language, 'new photo', 'new photos');
  const news: PushNews = { notification_id: id, event_id: eventId, kind, count, title, body, path: `/e/${eventId}` };
  return {
    ...{ id, eventId, kind, channel: 'push', targetId: subscriptionId },
    ...{ content: JSON.stringify(news), dueAt: new Date() },
  };
}
