import { LRUCache } from 'lru-cache';
import type { Database, Queryable } from '../database/database.ts';
import { type Principal, stranger } from './principal.ts';
import { hashToken, newToken } from './token.ts';

const cacheMs = 30_000;
const guestDays = 2;
const accountDays = 30;
// A photographer sleeps and has days off; what lies unused longer than this is somebody's forgotten browser.
const accountIdleDays = 14;

/** Is a new session: the token goes into the cookie and nowhere else. */
export interface NewSession {
  token: string;
  maxAgeSeconds: number;
}

/** Finds, begins and ends sessions. Answers are kept for at most 30 s, or until this process ends the session. */
export interface Sessions {
  find(cookieHeader: string | undefined): Promise<Principal>;
  /** Begins an account's session, within a transaction where one is given. */
  beginAccount(accountId: string, within?: Queryable): Promise<NewSession>;
  beginGuest(link: { eventId: string; linkId: string; generation: number }): Promise<NewSession>;
  end(cookieHeader: string | undefined): Promise<void>;
}

interface SessionRow {
  accountId: string | null;
  name: string | null;
  role: 'owner' | 'member' | null;
  eventId: string | null;
  linkId: string | null;
  linkGeneration: number | null;
  sessionId: string;
}

/** Keeps sessions in PostgreSQL, found by the hash of their token. */
export function sessionsOf(database: Database): Sessions {
  const known = new LRUCache<string, Principal>({ max: 10_000, ttl: cacheMs });
  return {
    async find(cookieHeader) {
      const token = tokenIn(cookieHeader);
      if (token === undefined) return stranger;
      const kept = known.get(token);
      if (kept !== undefined) return kept;
      const principal = await load(database, token);
      if (principal.kind !== 'stranger') known.set(token, principal);
      return principal;
    },
    beginAccount: (accountId, within = database) => begin(within, { accountId }, accountDays),
    beginGuest: (link) => begin(database, link, guestDays),
    async end(cookieHeader) {
      const token = tokenIn(cookieHeader);
      if (token === undefined) return;
      known.delete(token);
      await database.query('delete from sessions where token_hash = $1', [hashToken(token)]);
    },
  };
}

/** Names the session cookie: browsers accept the `__Host-` prefix over https alone. */
export function cookieName(secure: boolean): string {
  return secure ? '__Host-kilat' : 'kilat';
}

/** Names a caller's session for counting, without its token; undefined when the request carries none. */
export function sessionKey(cookieHeader: string | undefined): string | undefined {
  const token = tokenIn(cookieHeader);
  return token === undefined ? undefined : hashToken(token).toString('base64url');
}

function tokenIn(header: string | undefined): string | undefined {
  return header === undefined ? undefined : /(?:^|;\s*)(?:__Host-)?kilat=([\w-]{43})(?:;|$)/.exec(header)?.[1];
}

// An account's session ends after 30 days, or 14 unused; a guest's after 2 in any case.
const alive = `expires_at > now() and seen_at > now() - interval '${accountIdleDays} days'`;

// The use of a session is written at most once a minute: a page of pictures is one use.
async function load(database: Queryable, token: string): Promise<Principal> {
  const [row] = await database.query<SessionRow>(
    `with used as (
       update sessions set seen_at = now() where token_hash = $1 and seen_at < now() - interval '1 minute' and ${alive}
     )
     select s.account_id as "accountId", a.name, a.role, s.event_id as "eventId", s.link_id as "linkId", s.link_generation as "linkGeneration",
       s.session_id as "sessionId"
     from sessions s left join accounts a using (account_id) where s.token_hash = $1 and ${alive}`,
    [hashToken(token)],
  );
  return row === undefined ? stranger : principalOf(row);
}

function principalOf(row: SessionRow): Principal {
  const { accountId, name, role, eventId, linkId, linkGeneration, sessionId } = row;
  if (accountId !== null && name !== null && role !== null) return { kind: 'account', accountId, name, role };
  if (eventId !== null && linkId !== null && linkGeneration !== null)
    return { kind: 'guest', eventId, linkId, linkGeneration, sessionId };
  return stranger;
}

async function begin(
  database: Queryable,
  who: { accountId?: string; eventId?: string; linkId?: string; generation?: number },
  days: number,
): Promise<NewSession> {
  const token = newToken();
  await database.query(
    `insert into sessions (token_hash, account_id, event_id, link_id, link_generation, expires_at)
     values ($1, $2, $3, $4, $5, now() + make_interval(days => $6))`,
    [hashToken(token), who.accountId ?? null, who.eventId ?? null, who.linkId ?? null, who.generation ?? null, days],
  );
  return { token, maxAgeSeconds: days * 86_400 };
}
