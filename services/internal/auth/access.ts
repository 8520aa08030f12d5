import type { EventState, Role } from '@kilat/contract';
import { LRUCache } from 'lru-cache';
import type { Queryable } from '../database/database.ts';
import { type Action, authorize, type Resource } from './authorize.ts';
import type { Principal } from './principal.ts';

/** Looks up what a decision rests on and decides; the one way for a route to ask. */
export interface Access {
  /** Authorizes and gives the facts; throws what `authorize` throws. */
  check(principal: Principal, action: Action, eventId: string): Promise<Resource>;
}

/** Makes an access check; facts may be `maxAgeMs` old (0: always read), for paths where each request counts. */
export function accessOf(database: Queryable, maxAgeMs = 0): Access {
  const kept =
    maxAgeMs > 0 ? new LRUCache<string, { facts: Resource | undefined }>({ max: 5_000, ttl: maxAgeMs }) : undefined;
  async function facts(principal: Principal, eventId: string): Promise<Resource | undefined> {
    const key = `${eventId} ${keyOf(principal)}`;
    const found = kept?.get(key) ?? { facts: await readFacts(database, principal, eventId) };
    kept?.set(key, found);
    return found.facts;
  }
  return {
    async check(principal, action, eventId) {
      const resource = principal.kind === 'stranger' ? undefined : await facts(principal, eventId);
      authorize(principal, action, resource);
      return resource as Resource;
    },
  };
}

function keyOf(principal: Principal): string {
  if (principal.kind === 'account') return principal.accountId;
  return principal.kind === 'guest' ? `${principal.linkId}.${principal.linkGeneration}` : '';
}

async function readFacts(database: Queryable, principal: Principal, eventId: string): Promise<Resource | undefined> {
  const accountId = principal.kind === 'account' ? principal.accountId : null;
  const [linkId, generation] = principal.kind === 'guest' ? [principal.linkId, principal.linkGeneration] : [null, null];
  const [row] = await database.query<{ state: EventState; role: Role | null; linkOpen: boolean; linkUploads: boolean }>(
    `select e.state, m.role, l.link_id is not null as "linkOpen",
       coalesce(l.may_upload, false) as "linkUploads" from events e
     left join memberships m on m.event_id = e.event_id and m.account_id = $2
     left join links l on l.event_id = e.event_id and l.link_id = $3 and l.generation = $4
       and l.revoked_at is null and (l.expires_at is null or l.expires_at > now())
     where e.event_id = $1`,
    [eventId, accountId, linkId, generation],
  );
  return row === undefined ? undefined : { ...row, eventId, role: row.role ?? undefined };
}
