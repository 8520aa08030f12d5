import { Channel } from '@kilat/contract';
import type { Queryable } from '../database/database.ts';
import { hours } from './rows.ts';

/** Is how many notifications of one channel are due and not sent, and for how long the oldest of them has been due. */
export interface OwedDepth {
  channel: Channel;
  due: number;
  oldestSeconds: number;
}

/*
 * A try moves `due_at`, so that a channel that is down would hide its age: what no reader has answered is as old as its first
 * due time, which its end tells. What a reader put off waits for its next try, and what is owed to a receiver that fails waits
 * for that one alone: neither says anything of the channel. One that owes nothing is told of too.
 */
const sql = `select c.channel, count(n.since)::int as due,
    greatest(coalesce(extract(epoch from now() - min(n.since)), 0), 0)::float8 as "oldestSeconds"
  from unnest($1::text[]) as c(channel)
  left join (
    select o.channel, case when o.error_class is null then least(o.due_at, o.give_up_at - make_interval(hours => l.hours))
      else o.due_at end as since
    from notifications o join unnest($1::text[], $2::int[]) as l(channel, hours) on l.channel = o.channel
    left join webhooks w on o.channel = 'webhook' and w.event_id = o.event_id and w.webhook_id = o.target_id
    where o.state = 'due' and coalesce(w.failures, 0) = 0
  ) n on n.channel = c.channel and n.since <= now() group by c.channel`;

/** Reads what each channel owes by now, over all events; receivers that fail are left out. */
export function readOwed(database: Queryable): Promise<OwedDepth[]> {
  return database.query<OwedDepth>(sql, [Channel.options, Channel.options.map((channel) => hours[channel])]);
}
