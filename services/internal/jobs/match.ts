import type { JobFile } from '@kilat/contract';
import type { Queryable } from '../database/database.ts';

/** Is what the event has already of one file of a manifest: the verified photo that it equals, or an own open upload. */
export type Match = { photoId: string; duplicate: boolean };

interface Candidate {
  position: number;
  photoId: string;
  duplicate: boolean;
}

/**
 * Finds, by position, what a manifest's files equal: exactly (SHA-256 and size) a photo of this event that is verified, else
 * an open upload of the same uploader that announced the same file, so that a closed tab goes on where it was.
 */
export async function matchFiles(
  from: Queryable,
  eventId: string,
  uploaderId: string,
  files: readonly JobFile[],
): Promise<Map<number, Match>> {
  const rows = JSON.stringify(files.map((file, position) => ({ ...file, position })));
  const manifest = `json_to_recordset($3::json) f(position int, name text, size bigint, last_modified double precision, sha256 text)`;
  const candidates = await from.query<Candidate>(
    `select f.position, p.photo_id as "photoId", true as duplicate from ${manifest}
     join photos p on p.event_id = $1 and p.sha256 = f.sha256 and p.size = f.size
     where p.verified_at is not null and p.state in ('stored', 'ready') and $2::uuid is not null
     union all
     select f.position, p.photo_id, false from ${manifest}
     join uploads u on u.event_id = $1 and u.uploader_id = $2 and u.state = 'open' and u.length = f.size and u.expires_at > now()
     join photos p on p.event_id = u.event_id and p.photo_id = u.photo_id and p.file_name = f.name
       and p.last_modified is not distinct from to_timestamp(f.last_modified / 1000)
       and (p.sha256 = f.sha256 or (p.sha256 is null and f.sha256 is null))
     order by duplicate desc, position`,
    [eventId, uploaderId, rows],
  );
  return assign(candidates);
}

// An open upload goes to one file alone; a photo may be the duplicate of many.
function assign(candidates: readonly Candidate[]): Map<number, Match> {
  const matches = new Map<number, Match>();
  const taken = new Set<string>();
  for (const { position, photoId, duplicate } of candidates) {
    if (matches.has(position) || (!duplicate && taken.has(photoId))) continue;
    matches.set(position, { photoId, duplicate });
    taken.add(photoId);
  }
  return matches;
}
