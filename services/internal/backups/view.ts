import type { BackupCopy, FailureClass } from '@kilat/contract';
import type { Queryable } from '../database/database.ts';

interface Row {
  photoId: string;
  provider: string;
  state: BackupCopy['state'];
  backupUrl: string | null;
  class: FailureClass | null;
  error: string | null;
}

/** Reads the second copies of some photos of one event, by photo, as its team sees them. */
export async function readBackups(
  from: Queryable,
  eventId: string,
  photoIds: readonly string[],
): Promise<Map<string, BackupCopy[]>> {
  const rows = await from.query<Row>(
    `select photo_id as "photoId", provider, state, backup_url as "backupUrl", error_class as class, error from backups
     where event_id = $1 and photo_id = any($2::uuid[]) order by provider, version`,
    [eventId, photoIds],
  );
  const backups = new Map<string, BackupCopy[]>();
  for (const row of rows) backups.set(row.photoId, [...(backups.get(row.photoId) ?? []), copyOf(row)]);
  return backups;
}

function copyOf({ provider, state, backupUrl, class: failureClass, error }: Row): BackupCopy {
  const why = error === null ? null : { class: failureClass ?? 'unknown', message: error };
  return { provider, state, backup_url: backupUrl, error: why };
}
