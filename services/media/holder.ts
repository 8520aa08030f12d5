import type { Role } from '@kilat/contract';
import { isTeamRole } from '#internal/auth/authorize.ts';
import type { Capability } from '#internal/auth/capability.ts';
import { mayHaveOriginals } from '#internal/auth/grant.ts';
import type { Database } from '#internal/database/database.ts';
import type { Audience } from '#internal/photos/view.ts';

/** Is what whoever a capability was given to may see now; without an audience it is nothing any more. */
export interface Holder {
  audience: Audience | undefined;
  originals: boolean;
}

/** Reads what a capability's holder may see: a guest's while the link opens, an account's while it takes part. */
export async function readHolder(database: Database, capability: Capability): Promise<Holder> {
  if (capability.holder === 'account') return readAccount(database, capability);
  const open = await readOpen(database, capability);
  return { audience: open ? 'guest' : undefined, originals: false };
}

async function readAccount(database: Database, { eventId, holderId }: Capability): Promise<Holder> {
  const [row] = await database.query<{ role: Role | null }>(
    `select case when a.role = 'owner' then 'owner' else m.role end as role
     from accounts a left join memberships m on m.account_id = a.account_id and m.event_id = $1 where a.account_id = $2`,
    [eventId, holderId],
  );
  const role = row?.role ?? undefined;
  if (role === undefined) return { audience: undefined, originals: false };
  return { audience: isTeamRole(role) ? 'team' : 'guest', originals: mayHaveOriginals(role) };
}

async function readOpen(database: Database, { eventId, holderId, generation }: Capability): Promise<boolean> {
  const rows = await database.query(
    `select 1 as one from links l join events e using (event_id)
     where l.event_id = $1 and l.link_id = $2 and l.generation = $3 and l.revoked_at is null
       and (l.expires_at is null or l.expires_at > now()) and e.state in ('live', 'closed')`,
    [eventId, holderId, generation],
  );
  return rows.length > 0;
}
