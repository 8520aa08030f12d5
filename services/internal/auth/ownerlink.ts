import { v7 as uuidv7 } from 'uuid';
import type { Database, Transaction } from '../database/database.ts';
import { Account, SignInLink } from '../database/entities.ts';
import { Fault } from '../fault/fault.ts';
import { hashToken, newToken } from './token.ts';

const ownerDays = 7;
const memberDays = 2;

/** Makes a one-time sign-in link of the owner, whose account begins with the first; returns its path. */
export function mintOwnerLink(database: Database): Promise<string> {
  return database.transaction(async (tx) => {
    const owner =
      (await tx.em.findOne(Account, { role: 'owner' })) ??
      tx.em.create(Account, { accountId: uuidv7(), name: 'Owner', role: 'owner' });
    await tx.em.persist(owner).flush();
    return mint(tx, owner.accountId, ownerDays);
  });
}

/** Makes a one-time sign-in link of an account, for two days; an older one that was not used ends. Returns its path. */
export function mintSignInLink(tx: Transaction, accountId: string): Promise<string> {
  return mint(tx, accountId, memberDays);
}

async function mint({ em }: Transaction, accountId: string, days: number): Promise<string> {
  const token = newToken();
  await em.nativeDelete(SignInLink, { accountId, usedAt: null });
  const expiresAt = new Date(Date.now() + days * 86_400_000);
  await em.insert(SignInLink, { tokenHash: hashToken(token), accountId, expiresAt });
  return `/sign-in#${token}`;
}

/** Uses a sign-in link up and gives its account. Throws unauthenticated when it is used, expired or unknown. */
export async function redeem(database: Database, token: string): Promise<string> {
  const accountId = await database.transaction((tx) => useUp(tx, token));
  if (accountId !== undefined) return accountId;
  throw new Fault('unauthenticated', 'This sign-in link has been used or has expired.', {
    code: 'sign_in_link_invalid',
  });
}

async function useUp(tx: Transaction, token: string): Promise<string | undefined> {
  const [row] = await tx.query<{ accountId: string }>(
    `update sign_in_links set used_at = now() where token_hash = $1 and used_at is null and expires_at > now()
     returning account_id as "accountId"`,
    [hashToken(token)],
  );
  return row?.accountId;
}
