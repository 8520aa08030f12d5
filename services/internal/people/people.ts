import type { Join, People, Role } from '@kilat/contract';
import type { AccountPrincipal, Principal } from '../auth/principal.ts';
import { type InviteStore, inviteStore, readInvites } from './invites.ts';
import { type JoinDeps, type Joining, join } from './join.ts';
import { type MemberStore, memberStore, readMembers } from './members.ts';
import { signInLinkOf } from './signin.ts';

/** Keeps an event's people: who takes part, who is invited, and how they come in. */
export interface PeopleStore {
  invites: InviteStore;
  members: MemberStore;
  /** Lists members and invites, as somebody with a role may see them. */
  list(eventId: string, role: Role): Promise<People>;
  join(caller: Principal, wanted: Join): Promise<Joining>;
  signInLink(by: AccountPrincipal, eventId: string, accountId: string): Promise<string>;
}

/** Makes the store of people. */
export function peopleStore(deps: JoinDeps, secret: string): PeopleStore {
  const { database, journal } = deps;
  return {
    invites: inviteStore(journal, secret),
    members: memberStore(journal),
    list: (eventId, role) =>
      database.snapshot(async (tx) => ({
        members: await readMembers(tx, eventId),
        invites: await readInvites(tx, eventId, role, secret),
      })),
    join: (caller, wanted) => join(deps, caller, wanted),
    signInLink: (by, eventId, accountId) => signInLinkOf(database, by, eventId, accountId),
  };
}
