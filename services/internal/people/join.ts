import type { InviteRole, Join, Joined, MemberRole } from '@kilat/contract';
import { v7 as uuidv7 } from 'uuid';
import type { AccountPrincipal, Principal } from '../auth/principal.ts';
import type { NewSession, Sessions } from '../auth/sessions.ts';
import { hashToken } from '../auth/token.ts';
import type { Database, Queryable, Transaction } from '../database/database.ts';
import { Fault } from '../fault/fault.ts';
import type { Journal } from '../journal/journal.ts';
import { isOpen } from './invites.ts';

/** Is the outcome of using an invite; the session is there for who had no account. */
export interface Joining {
  joined: Joined;
  session: NewSession | undefined;
}

/** Is what joining needs. */
export interface JoinDeps {
  database: Database;
  journal: Journal;
  sessions: Sessions;
}

interface Invite {
  eventId: string;
  inviteId: string;
  role: InviteRole;
  name: string | null;
  open: boolean;
}

/**
 * Uses an invite: the caller's account becomes a member, or a new account with a session of its own, in one commit. Who
 * has a part in the event keeps it, and the invite stays open. Throws `invite_invalid` (403).
 */
export async function join(deps: JoinDeps, caller: Principal, wanted: Join): Promise<Joining> {
  const invite = await find(deps.database, wanted.token);
  if (invite === undefined) throw invalid();
  const account = caller.kind === 'account' ? caller : undefined;
  const kept = account && (await roleIn(deps.database, invite.eventId, account));
  if (kept !== undefined) return joined(invite, kept, true);
  if (!invite.open) throw invalid();
  return deps.journal.commit(invite.eventId, async (tx) => {
    const accountId = account?.accountId ?? (await addAccount(tx, wanted.name ?? invite.name));
    await useUp(tx, invite, accountId);
    await addMember(tx, invite, accountId);
    const session = account === undefined ? await deps.sessions.beginAccount(accountId, tx) : undefined;
    const data = { account_id: accountId, role: invite.role, invite_id: invite.inviteId };
    return { value: joined(invite, invite.role, false, session), entries: [{ type: 'member.joined', data }] };
  });
}

function joined({ eventId }: Invite, role: MemberRole, already: boolean, session?: NewSession): Joining {
  return { joined: { event_id: eventId, role, already_member: already }, session };
}

async function find(from: Queryable, token: string): Promise<Invite | undefined> {
  const [row] = await from.query<Invite>(
    `select event_id as "eventId", invite_id as "inviteId", role, name, ${isOpen} as open from invites where token_hash = $1`,
    [hashToken(token)],
  );
  return row;
}

async function roleIn(from: Queryable, eventId: string, account: AccountPrincipal): Promise<MemberRole | undefined> {
  if (account.role === 'owner') return 'owner';
  const [row] = await from.query<{ role: MemberRole }>(
    `select role from memberships where event_id = $1 and account_id = $2`,
    [eventId, account.accountId],
  );
  return row?.role;
}

async function addAccount(tx: Transaction, name: string | null): Promise<string> {
  if (name === null) throw new Fault('invalid', 'Say your name.', { code: 'name_missing' });
  const accountId = uuidv7();
  await tx.query(`insert into accounts (account_id, name, role) values ($1, $2, 'member')`, [accountId, name]);
  return accountId;
}

// Of two who use one invite at once, the second finds it used.
async function useUp(tx: Transaction, { eventId, inviteId }: Invite, accountId: string): Promise<void> {
  const rows = await tx.query(
    `update invites set used_at = now(), used_by = $3 where event_id = $1 and invite_id = $2 and ${isOpen} returning 1 as one`,
    [eventId, inviteId, accountId],
  );
  if (rows.length === 0) throw invalid();
}

async function addMember(tx: Transaction, { eventId, role }: Invite, accountId: string): Promise<void> {
  const rows = await tx.query(
    `insert into memberships (event_id, account_id, role) values ($1, $2, $3) on conflict do nothing returning 1 as one`,
    [eventId, accountId, role],
  );
  if (rows.length === 0) throw new Fault('conflict', 'You have joined meanwhile: open the event.');
}

function invalid(): Fault {
  return new Fault('forbidden', 'This invite has been used, was revoked or has expired.', { code: 'invite_invalid' });
}
