import type { Language, MailKind, MemberRole } from '@kilat/contract';
import type { Queryable } from '#internal/database/database.ts';
import type { Hours } from '#internal/notifications/quiet.ts';

/** Is somebody who reads mail: an account with an address of its own. */
export interface Reader extends Hours {
  recipientId: string;
  accountId: string;
  language: Language;
  digestAt: string;
}

/** Says whom a kind of mail is for: members with a role, or who did it. */
export const audiences: Record<MailKind, readonly MemberRole[] | 'uploader'> = {
  gallery_ready: ['owner', 'editor', 'client'],
  link_expiring: ['owner', 'editor'],
  daily_digest: ['owner', 'editor'],
  upload_finished: 'uploader',
  failures_waiting: ['owner', 'editor'],
  backlog: ['owner', 'editor'],
};

const columns = `r.recipient_id as "recipientId", r.account_id as "accountId", r.language, r.zone, r.quiet_from as "quietFrom",
  r.quiet_to as "quietTo", r.digest_at as "digestAt"`;
const willing = `r.email is not null and r.confirmed_at is not null and not $2 = any(r.muted)`;

/** Reads who wants a kind of mail about an event; of what accounts did themselves, those accounts. */
export function readReaders(
  from: Queryable,
  eventId: string,
  kind: MailKind,
  accountIds: readonly string[] = [],
): Promise<Reader[]> {
  const audience = audiences[kind];
  if (audience === 'uploader')
    return from.query<Reader>(
      `select ${columns} from recipients r join events e on e.event_id = $1 where r.account_id = any($3) and ${willing}`,
      [eventId, kind, accountIds],
    );
  return from.query<Reader>(
    `select ${columns} from memberships m join recipients r on r.account_id = m.account_id
     where m.event_id = $1 and m.role = any($3) and ${willing}`,
    [eventId, kind, audience],
  );
}
