import { Channel } from '@kilat/contract';
import type { Queryable } from '../database/database.ts';

/** Is how many notifications of one channel are due and not sent, and for how long the oldest of them has been due. */
export interface OwedDepth {
  channel: Channel;
  due: number;
  oldestSeconds: number;
}

// A channel that owes nothing is told of too; what is due is read by a partial index.
const sql = `select c.channel, count(n.due_at)::int as due,
    coalesce(extract(epoch from now() - min(n.due_at)), 0)::float8 as "oldestSeconds"
  from unnest($1::text[]) as c(channel)
  left join notifications n on n.channel = c.channel and n.state = 'due' and n.due_at <= now() group by c.channel`;

/** Reads what each channel owes by now, over all events. */
export function readOwed(database: Queryable): Promise<OwedDepth[]> {
  return database.query<OwedDepth>(sql, [Channel.options]);
}
