import type { Database } from '../database/database.ts';
import type { Finding } from './finding.ts';

/** Is how far a verification came: up to the entry that stored the last photo read, and how many photos. */
export interface Reached {
  seq: number;
  photos: number;
}

/** Keeps how far the verification of an event is and what it found, so that one that was stopped goes on. */
export function verificationOf(database: Database, eventId: string) {
  return {
    /** Begins, or finds how far the one that was stopped came; what was read more than a week ago is read again. */
    async begin(): Promise<Reached> {
      await database.query(`delete from verifications where event_id = $1 and started_at < now() - interval '7 days'`, [
        eventId,
      ]);
      const [row] = await database.query<Reached>(
        `insert into verifications (event_id) values ($1) on conflict (event_id) do update set event_id = excluded.event_id
         returning verified_seq as seq, photos`,
        [eventId],
      );
      return row ?? { seq: 0, photos: 0 };
    },
    keep: ({ seq, photos }: Reached, found: readonly Finding[]): Promise<void> =>
      database.transaction(async (tx) => {
        await tx.query('update verifications set verified_seq = $2, photos = $3 where event_id = $1', [
          ...[eventId, seq, photos],
        ]);
        for (const finding of found)
          await tx.query('insert into verification_findings (event_id, finding) values ($1, $2)', [
            ...[eventId, JSON.stringify(finding)],
          ]);
      }),
    async findings(): Promise<Finding[]> {
      const rows = await database.query<{ finding: Finding }>(
        'select finding from verification_findings where event_id = $1 order by finding_id',
        [eventId],
      );
      return rows.map(({ finding }) => finding);
    },
  };
}

/** Ends the verification of events that were all read to their end: the next one begins anew. */
export async function endVerifications(database: Database, eventIds: readonly string[]): Promise<void> {
  await database.query('delete from verifications where event_id = any($1::uuid[])', [eventIds]);
}
