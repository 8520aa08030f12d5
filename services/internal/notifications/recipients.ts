import type { ChangePreferences, MailKind, Preferences } from '@kilat/contract';
import { v7 as uuidv7 } from 'uuid';
import type { Database, Queryable } from '../database/database.ts';
import { Fault } from '../fault/fault.ts';
import type { MailTokens } from './mailtoken.ts';

const untold: Preferences = {
  ...{ email: null, confirmed: false, language: 'en', zone: 'UTC', quiet: null, digest_at: '08:00', muted: [] },
};

interface Row {
  recipientId: string;
  email: string | null;
  confirmedAt: Date | null;
  language: Preferences['language'];
  zone: string;
  quietFrom: string | null;
  quietTo: string | null;
  digestAt: string;
  muted: MailKind[];
}

const columns = `recipient_id as "recipientId", email, confirmed_at as "confirmedAt", language, zone, quiet_from as "quietFrom",
  quiet_to as "quietTo", digest_at as "digestAt", muted`;

/** Keeps what accounts want to be told, and where. */
export function recipientStore(database: Database, tokens: MailTokens) {
  return {
    /** Reads an account's preferences: without an address until it gave one. */
    async read(accountId: string): Promise<Preferences> {
      const row = await find(database, accountId);
      return row === undefined ? untold : viewOf(row);
    },
    /** Changes them; an address that is not confirmed is asked, in one mail, whether it belongs to who gave it. */
    change: async (accountId: string, wanted: ChangePreferences) => viewOf(await write(database, accountId, wanted)),
    /** Ends one kind of mail for who got it. Throws missing when the link is not ours, or of somebody who is gone. */
    async unsubscribe(token: string): Promise<void> {
      const grant = tokens.verify(token);
      const rows =
        grant?.purpose === 'unsubscribe' &&
        (await database.query(
          `update recipients set muted = case when $2 = any(muted) then muted else array_append(muted, $2) end
           where recipient_id = $1 returning 1 as one`,
          [grant.recipientId, grant.about],
        ));
      if (!rows || rows.length === 0) throw noSuchLink();
    },
    /** Confirms an address by the link that was sent to it. Throws missing when it is not, or not any more, the one. */
    async confirm(token: string): Promise<void> {
      const grant = tokens.verify(token);
      if (grant?.purpose !== 'confirm') throw noSuchLink();
      await database.transaction(async (tx) => {
        const sql = 'select email from recipients where recipient_id = $1 for update';
        const [row] = await tx.query<{ email: string | null }>(sql, [grant.recipientId]);
        if (row?.email == null || tokens.markOf(row.email) !== grant.about) throw noSuchLink();
        await tx.query('update recipients set confirmed_at = coalesce(confirmed_at, now()) where recipient_id = $1', [
          grant.recipientId,
        ]);
      });
    },
  };
}
export type RecipientStore = ReturnType<typeof recipientStore>;

function noSuchLink(): Fault {
  return new Fault('missing', 'This link is not, or no longer, of any use.', { code: 'mail_link_invalid' });
}

async function find(from: Queryable, accountId: string): Promise<Row | undefined> {
  const [row] = await from.query<Row>(`select ${columns} from recipients where account_id = $1`, [accountId]);
  return row;
}

async function write(to: Queryable, accountId: string, wanted: ChangePreferences): Promise<Row> {
  const { email, language, zone, quiet, digest_at, muted } = wanted;
  const [row] = await to.query<Row>(
    `insert into recipients as r (recipient_id, account_id, email, language, zone, quiet_from, quiet_to, digest_at, muted)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9)
     on conflict (account_id) do update set asked_at = case when r.email = excluded.email and r.confirmed_at is not null then r.asked_at end,
       confirmed_at = case when r.email = excluded.email then r.confirmed_at end, email = excluded.email, language = excluded.language, zone = excluded.zone, quiet_from = excluded.quiet_from,
       quiet_to = excluded.quiet_to, digest_at = excluded.digest_at, muted = excluded.muted
     returning ${columns}`,
    [uuidv7(), accountId, email, language, zone, quiet?.from ?? null, quiet?.to ?? null, digest_at, muted],
  );
  if (row === undefined) throw new Error('a recipient that was written is not there');
  return row;
}

function viewOf(row: Row): Preferences {
  const { email, confirmedAt, language, zone, quietFrom, quietTo, digestAt, muted } = row;
  const quiet = quietFrom === null || quietTo === null ? null : { from: quietFrom, to: quietTo };
  return { email, confirmed: confirmedAt !== null, language, zone, quiet, digest_at: digestAt, muted };
}
