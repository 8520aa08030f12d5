import type { Uploader } from '../auth/uploader.ts';
import type { Transaction } from '../database/database.ts';
import { Fault } from '../fault/fault.ts';

// A counter's row, which announcing locks too: who begins to write waits for his turn to be counted.
async function takeTurn(tx: Transaction, uploaderId: string): Promise<void> {
  await tx.query(`select from quota_usage where subject_id = $1 and day = '-infinity' for no key update`, [uploaderId]);
}

/**
 * Lets an upload run while fewer others of its uploader do than may, over all replicas; the turn lasts until the
 * transaction ends, in which the upload is leased. Throws too_many_uploads (429).
 */
export async function checkRunning(
  tx: Transaction,
  { uploaderId }: Uploader,
  most: number,
  photoId?: string,
): Promise<void> {
  if (!Number.isFinite(most)) return;
  await takeTurn(tx, uploaderId);
  const [row] = await tx.query<{ running: number }>(
    `select count(*)::int as running from uploads
     where uploader_id = $1 and holder is not null and lease_until > now() and photo_id is distinct from $2::uuid`,
    [uploaderId, photoId ?? null],
  );
  if ((row?.running ?? 0) < most) return;
  throw new Fault('exhausted', `At most ${most} uploads run at once.`, { code: 'too_many_uploads', retryAfter: 2 });
}
