import type { CreateInvite, InviteRole, InviteView, Role } from '@kilat/contract';
import { v7 as uuidv7 } from 'uuid';
import { mayManage } from '../auth/authorize.ts';
import { hashToken, inviteToken } from '../auth/token.ts';
import type { Queryable } from '../database/database.ts';
import { Fault } from '../fault/fault.ts';
import type { Journal } from '../journal/journal.ts';

const openDays = 14;
const mostListed = 200;

/** Is who manages an event's people: the account, and its role there. */
export interface Manager {
  accountId: string;
  role: Role;
}

interface InviteRow {
  inviteId: string;
  role: InviteRole;
  name: string | null;
  generation: number;
  state: InviteView['state'];
  createdAt: Date;
  expiresAt: Date;
}

/** Is SQL that tells whether an invite can still be used. */
export const isOpen = 'used_at is null and revoked_at is null and expires_at > now()';
const columns = `invite_id as "inviteId", role, name, generation, created_at as "createdAt", expires_at as "expiresAt",
  case when used_at is not null then 'used' when revoked_at is not null then 'revoked'
    when expires_at <= now() then 'expired' else 'open' end as state`;

/** Keeps invites: one is one person, used once, for 14 days. Tokens are derived, so that one can be shown again. */
export function inviteStore(journal: Journal, secret: string) {
  return {
    /** Invites somebody; throws forbidden for a role that the manager may not give. */
    create: (eventId: string, by: Manager, wanted: CreateInvite): Promise<InviteView> =>
      journal.commit(eventId, async (tx) => {
        if (!mayManage(by.role, wanted.role)) throw new Fault('forbidden', 'Only an owner invites editors.');
        const inviteId = uuidv7();
        const token = inviteToken(secret, { inviteId, generation: 1 });
        const [row] = await tx.query<InviteRow>(
          `insert into invites (event_id, invite_id, role, name, token_hash, created_by, expires_at)
           values ($1, $2, $3, $4, $5, $6, now() + interval '${openDays} days') returning ${columns}`,
          [eventId, inviteId, wanted.role, wanted.name ?? null, hashToken(token), by.accountId],
        );
        if (row === undefined) throw new Error(`invite ${inviteId} vanished`);
        const data = { invite_id: inviteId, role: wanted.role, by: by.accountId };
        return { value: viewOf(row, by.role, secret), entries: [{ type: 'invite.created', data }] };
      }),
    /** Revokes an open invite; throws missing when there is none that the manager may revoke. */
    revoke: (eventId: string, by: Manager, inviteId: string): Promise<void> =>
      journal.commit(eventId, async (tx) => {
        const [row] = await tx.query<{ role: InviteRole }>(
          `update invites set revoked_at = now() where event_id = $1 and invite_id = $2 and ${isOpen} returning role`,
          [eventId, inviteId],
        );
        if (row === undefined) throw new Fault('missing', 'There is no such open invite.', { code: 'invite_invalid' });
        if (!mayManage(by.role, row.role)) throw new Fault('forbidden', 'Only an owner revokes what makes an editor.');
        return {
          value: undefined,
          entries: [{ type: 'invite.revoked', data: { invite_id: inviteId, by: by.accountId } }],
        };
      }),
  };
}
export type InviteStore = ReturnType<typeof inviteStore>;

/** Lists an event's newest 200 invites as somebody with a role may see them. */
export async function readInvites(from: Queryable, eventId: string, role: Role, secret: string): Promise<InviteView[]> {
  const rows = await from.query<InviteRow>(
    `select ${columns} from invites where event_id = $1 order by created_at desc limit ${mostListed}`,
    [eventId],
  );
  return rows.map((row) => viewOf(row, role, secret));
}

function viewOf(row: InviteRow, role: Role, secret: string): InviteView {
  const shown = row.state === 'open' && mayManage(role, row.role);
  return {
    invite_id: row.inviteId,
    role: row.role,
    name: row.name,
    path: shown ? `/join#${inviteToken(secret, row)}` : null,
    state: row.state,
    created_at: row.createdAt.toISOString(),
    expires_at: row.expiresAt.toISOString(),
  };
}
