import type { MailKind } from '@kilat/contract';
import type { Queryable } from '#internal/database/database.ts';
import type { Facts } from './words.ts';

/** Is what was gathered for a reader and is due to be told. */
export interface Gathered {
  eventId: string;
  kind: MailKind;
  recipientId: string;
  fromSeq: number;
  items: string[];
}

/** Is a number of what a kind is about, and of what failed there. */
interface Counts {
  count: number;
  failed: number;
}

const pages: Record<MailKind, (eventId: string) => string> = {
  gallery_ready: (id) => `/e/${id}`,
  link_expiring: (id) => `/studio/events/${id}`,
  daily_digest: (id) => `/studio/events/${id}`,
  upload_finished: (id) => `/studio/events/${id}/cards`,
  failures_waiting: (id) => `/studio/events/${id}`,
  backlog: (id) => `/studio/events/${id}`,
};

/** Gives the path of the page that a kind of mail leads to. */
export function pageOf(kind: MailKind, eventId: string): string {
  return pages[kind](eventId);
}

/** Reads what a letter tells of as it is now; undefined when there is nothing to tell any more. */
export async function readFacts(from: Queryable, gathered: Gathered): Promise<Omit<Facts, 'url' | 'zone'> | undefined> {
  const [event] = await from.query<{ title: string; state: string }>(
    'select title, state from events where event_id = $1',
    [gathered.eventId],
  );
  // What was reopened is not ready, and not over.
  const ended = gathered.kind === 'gallery_ready' || gathered.kind === 'backlog';
  if (event === undefined || (ended && event.state !== 'closed')) return undefined;
  const counts = await readers[gathered.kind](from, gathered);
  return counts.count + counts.failed === 0 ? undefined : { title: event.title, at: null, ...counts };
}

// What was set aside needs nobody.
const failed = `p.state = 'failed' and not exists (select 1 from stages s where s.event_id = p.event_id
  and s.photo_id = p.photo_id and s.state = 'failed' and s.discarded_at >= s.updated_at)`;
const readers: Record<MailKind, (from: Queryable, gathered: Gathered) => Promise<Counts>> = {
  gallery_ready: (from, one) => counted(from, one, `p.state = 'ready' and p.hidden_at is null`, 'false'),
  // Made of the link itself, never gathered.
  link_expiring: async () => ({ count: 0, failed: 0 }),
  daily_digest: countNew,
  upload_finished: countJobs,
  failures_waiting: (from, one) => counted(from, one, 'false', failed),
  backlog: (from, one) =>
    counted(
      from,
      one,
      `p.state = 'stored' or (p.state = 'announced' and p.announced_at > now() - interval '7 days')`,
      'false',
    ),
};

async function counted(
  from: Queryable,
  { eventId }: Gathered,
  count: string,
  failures: string,
  params: readonly unknown[] = [],
): Promise<Counts> {
  const [row] = await from.query<Counts>(
    `select count(*) filter (where ${count})::int as count, count(*) filter (where ${failures})::int as failed
     from photos p where p.event_id = $1`,
    [eventId, ...params],
  );
  return row ?? { count: 0, failed: 0 };
}

// What is counted here is not yet, or no more, in another digest: photos of entries that were read since the last one.
async function countNew(from: Queryable, one: Gathered): Promise<Counts> {
  const read = `p.stored_seq >= $2 and p.stored_seq <= (select seq from notify_cursors where event_id = $1)`;
  const counts = await counted(from, one, `${read} and p.state <> 'deleted'`, failed, [one.fromSeq]);
  return counts.count === 0 ? { count: 0, failed: 0 } : counts;
}

async function countJobs(from: Queryable, { eventId, items }: Gathered): Promise<Counts> {
  const [row] = await from.query<Counts>(
    `select count(distinct p.photo_id) filter (where p.state = 'ready')::int as count,
       count(distinct p.photo_id) filter (where ${failed})::int as failed
     from job_files f join photos p on p.event_id = f.event_id and p.photo_id = f.photo_id
     where f.event_id = $1 and f.job_id = any($2::uuid[])`,
    [eventId, items],
  );
  return row ?? { count: 0, failed: 0 };
}
