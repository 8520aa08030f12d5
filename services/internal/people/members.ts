import type { MemberRole, MemberView } from '@kilat/contract';
import { mayManage } from '../auth/authorize.ts';
import type { Queryable, Transaction } from '../database/database.ts';
import { Fault } from '../fault/fault.ts';
import type { Journal } from '../journal/journal.ts';
import type { Manager } from './invites.ts';

interface MemberRow {
  accountId: string;
  name: string;
  role: MemberRole;
  joinedAt: Date;
}

const select = `select m.account_id as "accountId", a.name, m.role, m.created_at as "joinedAt"
  from memberships m join accounts a using (account_id) where m.event_id = $1`;

/** Keeps an event's members: one role of one account. An event's last owner stays. */
export function memberStore(journal: Journal) {
  return {
    /** Gives a member another role. Throws `member_missing`, or forbidden where the manager's role does not reach. */
    change: (eventId: string, by: Manager, accountId: string, role: MemberRole): Promise<MemberView> =>
      journal.commit(eventId, async (tx) => {
        const member = await lock(tx, eventId, by, accountId);
        if (!mayManage(by.role, role)) throw new Fault('forbidden', 'Only an owner makes owners and editors.');
        if (role !== 'owner') await keepAnOwner(tx, eventId, accountId);
        await tx.query(`update memberships set role = $3 where event_id = $1 and account_id = $2`, [
          ...[eventId, accountId, role],
        ]);
        const data = { account_id: accountId, role, by: by.accountId };
        const value = viewOf({ ...member, role });
        return { value, entries: role === member.role ? [] : [{ type: 'member.changed', data }] };
      }),
    /** Removes a member: what it uploaded stays. Throws as `change`. */
    remove: (eventId: string, by: Manager, accountId: string): Promise<void> =>
      journal.commit(eventId, async (tx) => {
        await lock(tx, eventId, by, accountId);
        await keepAnOwner(tx, eventId, accountId);
        await tx.query(`delete from memberships where event_id = $1 and account_id = $2`, [eventId, accountId]);
        const data = { account_id: accountId, by: by.accountId };
        return { value: undefined, entries: [{ type: 'member.removed', data }] };
      }),
  };
}
export type MemberStore = ReturnType<typeof memberStore>;

/** Lists an event's members in the order in which they joined. */
export async function readMembers(from: Queryable, eventId: string): Promise<MemberView[]> {
  const rows = await from.query<MemberRow>(`${select} order by m.created_at, m.account_id`, [eventId]);
  return rows.map(viewOf);
}

async function lock(tx: Transaction, eventId: string, by: Manager, accountId: string): Promise<MemberRow> {
  // The owners' rows first, in one order: two owners who remove each other do not both succeed.
  await tx.query(
    `select from memberships where event_id = $1 and role = 'owner' order by account_id for no key update`,
    [eventId],
  );
  const [member] = await tx.query<MemberRow>(`${select} and m.account_id = $2 for no key update of m`, [
    eventId,
    accountId,
  ]);
  if (member === undefined) throw new Fault('missing', 'There is no such member.', { code: 'member_missing' });
  if (!mayManage(by.role, member.role)) throw new Fault('forbidden', 'Only an owner changes owners and editors.');
  return member;
}

async function keepAnOwner(tx: Transaction, eventId: string, accountId: string): Promise<void> {
  const [row] = await tx.query<{ others: boolean; isOwner: boolean }>(
    `select coalesce(bool_or(account_id <> $2), false) as others, coalesce(bool_or(account_id = $2), false) as "isOwner"
     from memberships where event_id = $1 and role = 'owner'`,
    [eventId, accountId],
  );
  if (row?.isOwner !== true || row.others) return;
  throw new Fault('conflict', 'The last owner stays: make somebody else an owner first.', { code: 'last_owner' });
}

function viewOf(row: MemberRow): MemberView {
  return { account_id: row.accountId, name: row.name, role: row.role, joined_at: row.joinedAt.toISOString() };
}
