import { type Due, type Lane, type StageName, workDurable, workDurables } from '@kilat/contract';
import type { Bus } from '#internal/bus/bus.ts';
import type { Database } from '#internal/database/database.ts';
import type { Logger } from '#internal/log/log.ts';
import { follow } from '#internal/trace/trace.ts';

const atOnce = 200;

/** Is what handing out work needs. */
export interface DueDeps {
  database: Database;
  bus: Bus;
  log: Logger;
}

/** Publishes stages that are due, of each lane so many at once, and notes where their messages lie. Returns how many. */
export async function publishDue(deps: DueDeps): Promise<number> {
  const due = await deps.database.query<TracedDue>(dueSql, [atOnce]);
  if (due.length === 0) return 0;
  const { stream } = await deps.bus.lag(workDurable('thumbnail', 'live'));
  const seqs = await Promise.all(due.map((one) => publishOne(deps, one)));
  await markQueued(deps.database, due, seqs, stream);
  for (const { photo_id, event_id, stage, generation } of due)
    deps.log.info({ photo_id, event_id, stage, generation }, 'work published');
  return due.length;
}

type TracedDue = Due & { traceparent: string | null };

function publishOne({ bus }: DueDeps, { traceparent, ...due }: TracedDue): Promise<number> {
  const { photo_id, event_id, stage } = due;
  return follow(traceparent ?? undefined, 'relay.publish', { photo_id, event_id, stage }, () => bus.publishDue(due));
}

// By lane: an outage's thousands that are tried again do not stand before the photos that come in.
function dueIn(lane: Lane): string {
  return `(select 1 as v, event_id, photo_id, stage, lane, generation from stages
     where state = 'due' and lane = '${lane}' and next_attempt_at <= now() order by next_attempt_at limit $1)`;
}

// Work belongs to the trace in which its photo was stored, whichever try it is.
const dueSql = `select due.*, (select j.traceparent from photos p join journal j on j.event_id = p.event_id and j.seq = p.stored_seq
    where p.event_id = due.event_id and p.photo_id = due.photo_id) as traceparent
  from (${dueIn('live')} union all ${dueIn('bulk')}) due`;

// A fast consumer may have settled a stage before this: then its state is no longer due and stays as it is.
async function markQueued(
  database: Database,
  due: readonly Due[],
  seqs: readonly number[],
  stream: string,
): Promise<void> {
  await database.query(
    `update stages s set state = 'queued', work_seq = d.seq, work_stream = $6, updated_at = now()
     from unnest($1::uuid[], $2::uuid[], $3::text[], $4::integer[], $5::bigint[]) as d(event_id, photo_id, stage, generation, seq)
     where s.event_id = d.event_id and s.photo_id = d.photo_id and s.stage = d.stage and s.generation = d.generation and s.state = 'due'`,
    [
      due.map((d) => d.event_id),
      due.map((d) => d.photo_id),
      due.map((d) => d.stage),
      due.map((d) => d.generation),
      seqs,
      stream,
    ],
  );
}

/**
 * Makes lost work due again under a new generation: its message is older than all that its consumer still has to ack,
 * or newer than all that its stream holds, or the stream is a new one. Returns how many.
 */
export async function recoverLost(deps: DueDeps): Promise<number> {
  let found = 0;
  for (const { stage, lane } of workDurables) found += await recoverLane(deps, stage, lane);
  return found;
}

async function recoverLane(deps: DueDeps, stage: StageName, lane: Lane): Promise<number> {
  const { stream, firstSeq, lastSeq, ackedSeq } = await deps.bus.lag(workDurable(stage, lane));
  const lost = await deps.database.query<{ event_id: string; photo_id: string }>(
    `update stages set state = 'due', generation = generation + 1, next_attempt_at = now(), updated_at = now()
     where state = 'queued' and stage = $1 and lane = $2 and updated_at < now() - interval '2 seconds'
       and (work_stream is distinct from $3 or work_seq <= $4 or work_seq < $5 or work_seq > $6)
     returning event_id, photo_id`,
    [stage, lane, stream, ackedSeq, firstSeq, lastSeq],
  );
  for (const { event_id, photo_id } of lost)
    deps.log.warn({ photo_id, event_id, stage, lane }, 'lost work is due again');
  return lost.length;
}
