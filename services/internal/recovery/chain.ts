import { createHash } from 'node:crypto';
import type { Database, Queryable } from '../database/database.ts';

/** Is what walking an event's journal found. */
export interface ChainReport {
  /** Is the seq of the last entry that was there. */
  lastSeq: number;
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
 * Walks an event's journal in one snapshot and computes each hash anew, as `journal_append` does:
 * sha256(the one before ‖ "seq\ntype\nphoto id or -\nmicroseconds since 1970\nexact data"), beginning with sha256(event id).
 */
export function walkChain(database: Database, eventId: string): Promise<ChainReport> {
  // An event may be live: what is appended meanwhile belongs neither to these entries nor to this head.
  return database.snapshot(async (tx) => {
    const report: ChainReport = { lastSeq: 0, brokenAt: undefined, stored: new Set() };
    let hash = createHash('sha256').update(eventId).digest();
    for (
      let page = await readLines(tx, eventId, 0);
      page.length > 0;
      page = await readLines(tx, eventId, report.lastSeq)
    )
      for (const line of page) hash = follow(report, hash, line);
    const head = await readHeadHash(tx, eventId);
    if (head?.seq !== report.lastSeq || head.hash !== hash.toString('hex'))
      report.brokenAt ??= `the head stands at ${head?.seq}, the entries end at ${report.lastSeq}`;
    return report;
  });
}

// Beyond a break the walk goes on from what is written: what was stored there must still be known.
function follow(report: ChainReport, before: Buffer, line: Line): Buffer<ArrayBuffer> {
  const hash = createHash('sha256').update(before).update(textOf(line)).digest('hex');
  if (line.seq !== report.lastSeq + 1) report.brokenAt ??= `entry ${report.lastSeq + 1} is missing`;
  if (hash !== line.hash) report.brokenAt ??= `entry ${line.seq} is not what was written`;
  report.lastSeq = line.seq;
  if (line.type === 'photo.stored' && line.photoId !== null) report.stored.add(line.photoId);
  return Buffer.from(line.hash, 'hex');
}

async function readHeadHash(tx: Queryable, eventId: string): Promise<{ seq: number; hash: string } | undefined> {
  const [head] = await tx.query<{ seq: number; hash: string }>(
    `select head_seq as seq, encode(head_hash, 'hex') as hash from heads where event_id = $1`,
    [eventId],
  );
  return head;
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
