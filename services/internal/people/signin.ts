import { mintSignInLink } from '../auth/ownerlink.ts';
import type { AccountPrincipal } from '../auth/principal.ts';
import type { Database, Transaction } from '../database/database.ts';
import { Fault } from '../fault/fault.ts';

interface Target {
  accountRole: 'owner' | 'member';
  inReach: boolean;
}

/**
 * Makes a one-time sign-in link of a member, and returns its path. A link opens all that its account may do, in every
 * event: anybody has it for himself, an install's owner for every other member, and an event's manager only where he
 * manages the account in each of its events. Throws `member_missing` or forbidden.
 */
export function signInLinkOf(
  database: Database,
  by: AccountPrincipal,
  eventId: string,
  accountId: string,
): Promise<string> {
  return database.transaction(async (tx) => {
    if (by.accountId !== accountId) await checkReach(tx, by, eventId, accountId);
    return mintSignInLink(tx, accountId);
  });
}

async function checkReach(tx: Transaction, by: AccountPrincipal, eventId: string, accountId: string): Promise<void> {
  // An editor manages who is neither owner nor editor, an owner everybody, as mayManage has it.
  const [target] = await tx.query<Target>(
    `select a.role as "accountRole", not exists (
       select from memberships theirs left join memberships mine on mine.event_id = theirs.event_id and mine.account_id = $3
       where theirs.account_id = $2 and not coalesce(mine.role = 'owner'
         or (mine.role = 'editor' and theirs.role not in ('owner', 'editor')), false)
     ) as "inReach"
     from accounts a join memberships m on m.account_id = a.account_id and m.event_id = $1 where a.account_id = $2`,
    [eventId, accountId, by.accountId],
  );
  if (target === undefined) throw new Fault('missing', 'There is no such member.', { code: 'member_missing' });
  if (target.accountRole === 'owner' || !(by.role === 'owner' || target.inReach)) {
    throw new Fault('forbidden', 'This account may do more than you manage: it makes its link itself.');
  }
}
