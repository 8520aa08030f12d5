import { createHash } from 'node:crypto';
import type { Queryable } from '../database/database.ts';

/** Is what walking an event's journal found. */
export interface ChainReport {
  entries: number;
  /** Says where the chain breaks first; undefined when it holds to the head. */
  brokenAt: string | undefined;
  /** Lists the photos that the journal says were stored. */
  stored: Set<string>;
}

interface Line {
  seq: number;
  type: string;
  photoId: string | null;
  micros: string;
  body: string;
  hash: string;
}

const pageSize = 2_000;

/**
 * Walks an event's journal and computes each hash anew, as `journal_append` does:
 * sha256(the one before ‖ "seq\ntype\nphoto id or -\nmicroseconds since 1970\nexact data"), beginning with sha256(event id).
 */
export async function walkChain(from: Queryable, eventId: string): Promise<ChainReport> {
  const report: ChainReport = { entries: 0, brokenAt: undefined, stored: new Set() };
  let hash = createHash('sha256').update(eventId).digest();
  for (
    let page = await readLines(from, eventId, 0);
    page.length > 0;
    page = await readLines(from, eventId, report.entries)
  ) {
    for (const line of page) {
      hash = createHash('sha256').update(hash).update(textOf(line)).digest();
      report.entries += 1;
      if (line.seq !== report.entries) report.brokenAt ??= `entry ${report.entries} is missing`;
      if (hash.toString('hex') !== line.hash) report.brokenAt ??= `entry ${line.seq} is not what was written`;
      if (report.brokenAt !== undefined) return report;
      if (line.type === 'photo.stored' && line.photoId !== null) report.stored.add(line.photoId);
    }
  }
  const [head] = await from.query<{ seq: number; hash: string }>(
    `select head_seq as seq, encode(head_hash, 'hex') as hash from heads where event_id = $1`,
    [eventId],
  );
  if (head?.seq !== report.entries || head.hash !== hash.toString('hex'))
    report.brokenAt = `the head stands at ${head?.seq}, the entries end at ${report.entries}`;
  return report;
}

function textOf({ seq, type, photoId, micros, body }: Line): string {
  return [seq, type, photoId ?? '-', micros, body].join('\n');
}

function readLines(from: Queryable, eventId: string, after: number): Promise<Line[]> {
  return from.query<Line>(
    `select seq, type, photo_id as "photoId", (extract(epoch from recorded_at) * 1000000)::bigint::text as micros,
       data::text as body, encode(hash, 'hex') as hash
     from journal where event_id = $1 and seq > $2 order by seq limit ${pageSize}`,
    [eventId, after],
  );
}
