import type { LinkView } from '@kilat/contract';
import { v7 as uuidv7 } from 'uuid';
import { hashToken, shareToken } from '../auth/token.ts';
import type { Database, Queryable, Transaction } from '../database/database.ts';
import { Fault } from '../fault/fault.ts';
import type { Journal } from '../journal/journal.ts';

interface LinkRow {
  eventId: string;
  linkId: string;
  generation: number;
  mayUpload: boolean;
  createdAt: Date;
  expiresAt: Date | null;
  revokedAt: Date | null;
}

const columns = `event_id as "eventId", link_id as "linkId", generation, may_upload as "mayUpload", created_at as "createdAt",
  expires_at as "expiresAt", revoked_at as "revokedAt"`;

/** Is a share link that a token opened. */
export interface OpenedShare {
  eventId: string;
  linkId: string;
  generation: number;
}

/** Adds a guest link to an event; returns its id. Its guests look, and upload if they may. */
export async function createLink(tx: Transaction, eventId: string, secret: string, mayUpload = false): Promise<string> {
  const linkId = uuidv7();
  const token = shareToken(secret, { linkId, generation: 1 });
  await tx.query(
    `insert into links (event_id, link_id, kind, token_hash, may_upload) values ($1, $2, 'guest', $3, $4)`,
    [eventId, linkId, hashToken(token), mayUpload],
  );
  return linkId;
}

/** Keeps share links. Tokens are derived, never stored: a view shows the link again at any time. */
export function linkStore(database: Database, journal: Journal, secret: string) {
  return {
    list: (eventId: string) => list(database, eventId, secret),
    create: (eventId: string, mayUpload = false) =>
      journal.commit(eventId, async (tx) => {
        const linkId = await createLink(tx, eventId, secret, mayUpload);
        const link = (await list(tx, eventId, secret)).find((one) => one.link_id === linkId);
        if (link === undefined) throw new Error(`link ${linkId} vanished`);
        return { value: link, entries: [{ type: 'link.created', data: { link_id: linkId, may_upload: mayUpload } }] };
      }),
    /** Revokes a link for good; throws missing when there is none that is open. */
    revoke: (eventId: string, linkId: string) =>
      journal.commit(eventId, async (tx) => {
        const rows = await tx.query(
          `update links set revoked_at = now() where event_id = $1 and link_id = $2 and revoked_at is null returning 1 as one`,
          [eventId, linkId],
        );
        if (rows.length === 0) throw new Fault('missing', 'There is no such link.', { code: 'link_missing' });
        return { value: undefined, entries: [{ type: 'link.revoked', data: { link_id: linkId } }] };
      }),
    /** Finds what a token opens. Throws `link_missing` (404) or `link_expired` (403). */
    async open(token: string): Promise<OpenedShare> {
      const [row] = await database.query<LinkRow & { open: boolean }>(
        `select ${columns}, revoked_at is null and (expires_at is null or expires_at > now()) as open from links where token_hash = $1`,
        [hashToken(token)],
      );
      if (row === undefined) throw new Fault('missing', 'This link opens nothing.', { code: 'link_missing' });
      if (!row.open) throw new Fault('forbidden', 'This link has expired.', { code: 'link_expired' });
      return { eventId: row.eventId, linkId: row.linkId, generation: row.generation };
    },
  };
}
export type LinkStore = ReturnType<typeof linkStore>;

async function list(from: Queryable, eventId: string, secret: string): Promise<LinkView[]> {
  const rows = await from.query<LinkRow>(`select ${columns} from links where event_id = $1 order by created_at`, [
    eventId,
  ]);
  return rows.map((row) => ({
    link_id: row.linkId,
    kind: 'guest',
    path: `/g/${shareToken(secret, row)}`,
    may_upload: row.mayUpload,
    created_at: row.createdAt.toISOString(),
    expires_at: row.expiresAt?.toISOString() ?? null,
    revoked_at: row.revokedAt?.toISOString() ?? null,
  }));
}
