import { type CreateInvite, InviteView, type MemberRole, MemberView, People, SignInPath } from '@kilat/contract';
import { createAttempt } from '#lib/api/attempt.svelte.ts';
import { call } from '#lib/api/client.ts';

const below: readonly MemberRole[] = ['photographer', 'moderator', 'client'];
const all: readonly MemberRole[] = ['owner', 'editor', ...below];

/** Keeps an event's people and invites, and changes them. What fails says so in `failure`. */
export function createPeople(eventId: string, initial: People, accountId: string | undefined) {
  const url = `/api/events/${eventId}`;
  let members = $state.raw(initial.members);
  let invites = $state.raw(initial.invites);
  const attempt = createAttempt();
  // Who is not among the members, and sees them, owns the installation.
  const mine = $derived(members.find(({ account_id }) => account_id === accountId)?.role ?? 'owner');
  return {
    get members(): readonly MemberView[] {
      return members;
    },
    get invites(): readonly InviteView[] {
      return invites;
    },
    get failure(): string | undefined {
      return attempt.failure;
    },
    get busy(): boolean {
      return attempt.busy;
    },
    /** Lists the roles that the caller may give. */
    get roles(): readonly MemberRole[] {
      return mine === 'owner' ? all : below;
    },
    /** Tells whether the caller owns the event. */
    get owns(): boolean {
      return mine === 'owner';
    },
    isMe: (member: MemberView) => member.account_id === accountId,
    /** Tells whether the caller may change or remove a member: editors do not touch owners and editors. */
    mayChange: (member: MemberView) => mine === 'owner' || below.includes(member.role),
    invite: (wanted: CreateInvite) =>
      attempt.run(async () => {
        const invite = InviteView.parse(await call('POST', `${url}/invites`, wanted));
        invites = [invite, ...invites];
        return invite;
      }),
    revoke: (inviteId: string) =>
      attempt.run(async () => {
        await call('DELETE', `${url}/invites/${inviteId}`);
        invites = invites.map((invite) =>
          invite.invite_id === inviteId ? { ...invite, state: 'revoked', path: null } : invite,
        );
      }),
    change: (member: MemberView, role: MemberRole) =>
      attempt.run(async () => {
        const changed = MemberView.parse(await call('PATCH', `${url}/people/${member.account_id}`, { role }));
        members = members.map((one) => (one.account_id === changed.account_id ? changed : one));
      }),
    remove: (member: MemberView) =>
      attempt.run(async () => {
        await call('DELETE', `${url}/people/${member.account_id}`);
        members = members.filter((one) => one !== member);
      }),
    signInPath: (member: MemberView) =>
      attempt.run(
        async () => SignInPath.parse(await call('POST', `${url}/people/${member.account_id}/sign-in-link`)).path,
      ),
    /** Reads all again: an invite may have been used meanwhile. */
    refresh: async () => {
      const answer = await call('GET', `${url}/people`).catch(() => undefined);
      if (answer !== undefined) ({ members, invites } = People.parse(answer));
    },
  };
}
export type PeopleKeeper = ReturnType<typeof createPeople>;
