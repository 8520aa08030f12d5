import type { InviteRole } from '@kilat/contract';
import { v7 as uuidv7 } from 'uuid';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { accessOf } from '../auth/access.ts';
import { mintOwnerLink, redeem } from '../auth/ownerlink.ts';
import type { AccountPrincipal } from '../auth/principal.ts';
import { stranger } from '../auth/principal.ts';
import { openTestEvent, type TestEvent, testSecret } from '../events/eventtest.ts';
import type { Manager } from './invites.ts';
import { type PeopleStore, peopleStore } from './people.ts';

let event: TestEvent;
let people: PeopleStore;
let owner: Manager;

beforeAll(async () => {
  event = await openTestEvent();
  people = peopleStore(event, testSecret);
  owner = { accountId: event.ownerId, role: 'owner' };
});
afterAll(() => event[Symbol.asyncDispose]());

async function invited(role: InviteRole, eventId = event.eventId): Promise<string> {
  const { path } = await people.invites.create(eventId, owner, { role });
  return path?.slice('/join#'.length) ?? '';
}

async function member(role: InviteRole): Promise<AccountPrincipal> {
  const { session } = await people.join(stranger, { token: await invited(role), name: `A new ${role}` });
  const principal = await event.sessions.find(`kilat=${session?.token}`);
  if (principal.kind !== 'account') throw new Error('no account came of the invite');
  return principal;
}

async function typesOf(accountId: string): Promise<string[]> {
  const rows = await event.database.query<{ type: string }>(
    `select type from journal where event_id = $1 and data ->> 'account_id' = $2 order by seq`,
    [event.eventId, accountId],
  );
  return rows.map(({ type }) => type);
}

const roleOf = async (accountId: string) =>
  (await people.list(event.eventId, 'owner')).members.find(({ account_id }) => account_id === accountId)?.role;

test('of ten who use one invite at once, one joins, and no account is left of the others', async () => {
  const token = await invited('photographer');
  const before = await event.database.query(`select from accounts`);
  const tries = await Promise.allSettled(
    Array.from({ length: 10 }, (_, n) => people.join(stranger, { token, name: `Guest ${n}` })),
  );
  const refused = tries.filter((one) => one.status === 'rejected').map((one) => one.reason);
  expect(refused).toHaveLength(9);
  expect(refused).toEqual(refused.map(() => expect.objectContaining({ kind: 'forbidden', code: 'invite_invalid' })));
  expect(await event.database.query(`select from accounts`)).toHaveLength(before.length + 1);
});

test('a new account is named by who joins, else by the invite, else not made', async () => {
  const { path } = await people.invites.create(event.eventId, owner, { role: 'photographer', name: 'Gita' });
  const { session } = await people.join(stranger, { token: path?.slice(6) ?? '' });
  expect(await event.sessions.find(`kilat=${session?.token}`)).toMatchObject({ name: 'Gita', role: 'member' });
  const token = await invited('photographer');
  await expect(people.join(stranger, { token })).rejects.toMatchObject({ code: 'name_missing' });
  await expect(people.join(stranger, { token, name: 'Hadi' })).resolves.toMatchObject({
    joined: { role: 'photographer' },
  });
});

test('who is signed in joins with the account he has, and keeps his session', async () => {
  const { accountId, ...rest } = await member('photographer');
  const token = await invited('editor', event.foreignEventId);
  const joining = await people.join({ accountId, ...rest }, { token });
  expect(joining).toEqual({
    joined: { event_id: event.foreignEventId, role: 'editor', already_member: false },
    session: undefined,
  });
});

test('who has a part in the event keeps it, and the invite stays open for another', async () => {
  const photographer = await member('photographer');
  const token = await invited('editor');
  const joining = await people.join(photographer, { token });
  expect(joining.joined).toEqual({ event_id: event.eventId, role: 'photographer', already_member: true });
  const install = { kind: 'account', accountId: event.ownerId, name: 'Owner', role: 'owner' } as const;
  expect((await people.join(install, { token })).joined).toMatchObject({ role: 'owner', already_member: true });
  expect((await people.join(stranger, { token, name: 'Indah' })).joined).toMatchObject({ role: 'editor' });
});

test('an invite opens nothing once it is revoked or has expired, and shows its path no more', async () => {
  const [revoked, expired] = [
    await people.invites.create(event.eventId, owner, { role: 'editor' }),
    await people.invites.create(event.eventId, owner, { role: 'editor' }),
  ];
  await people.invites.revoke(event.eventId, owner, revoked.invite_id);
  await event.database.query(`update invites set expires_at = now() where invite_id = $1`, [expired.invite_id]);
  for (const { path } of [revoked, expired]) {
    const tried = people.join(stranger, { token: path?.slice(6) ?? '', name: 'Joko' });
    await expect(tried).rejects.toMatchObject({ code: 'invite_invalid' });
  }
  const { invites } = await people.list(event.eventId, 'owner');
  const shown = (id: string) => invites.find(({ invite_id }) => invite_id === id);
  expect(shown(revoked.invite_id)).toMatchObject({ state: 'revoked', path: null });
  expect(shown(expired.invite_id)).toMatchObject({ state: 'expired', path: null });
  await expect(people.invites.revoke(event.eventId, owner, revoked.invite_id)).rejects.toMatchObject({
    kind: 'missing',
  });
});

test('tokens are in no table', async () => {
  const token = await invited('photographer');
  const [row] = await event.database.query<{ text: string }>(
    `select string_agg(invites::text, '') || (select string_agg(data::text, '') from journal) as text from invites`,
  );
  expect(row?.text).not.toContain(token);
});

test('an editor makes no editors: not by invite, by role, nor by an invite that he sees', async () => {
  const { accountId } = await member('editor');
  const editor: Manager = { accountId, role: 'editor' };
  const invite = await people.invites.create(event.eventId, owner, { role: 'editor' });
  const photographer = await member('photographer');
  const denied = { kind: 'forbidden' };
  await expect(people.invites.create(event.eventId, editor, { role: 'editor' })).rejects.toMatchObject(denied);
  await expect(people.invites.revoke(event.eventId, editor, invite.invite_id)).rejects.toMatchObject(denied);
  const promoted = people.members.change(event.eventId, editor, photographer.accountId, 'editor');
  await expect(promoted).rejects.toMatchObject(denied);
  await expect(people.members.remove(event.eventId, editor, event.ownerId)).rejects.toMatchObject(denied);
  await expect(people.members.change(event.eventId, editor, accountId, 'owner')).rejects.toMatchObject(denied);
  const { invites } = await people.list(event.eventId, 'editor');
  expect(invites.find(({ invite_id }) => invite_id === invite.invite_id)?.path).toBeNull();
  await people.members.change(event.eventId, editor, photographer.accountId, 'moderator');
  expect(await roleOf(photographer.accountId)).toBe('moderator');
});

test('a removed member keeps the account and loses the event; the journal says so', async () => {
  const photographer = await member('photographer');
  const access = accessOf(event.database);
  await access.check(photographer, 'photo.upload', event.eventId);
  await people.members.change(event.eventId, owner, photographer.accountId, 'editor');
  await people.members.remove(event.eventId, owner, photographer.accountId);
  await expect(access.check(photographer, 'event.see', event.eventId)).rejects.toMatchObject({ code: 'event_missing' });
  expect(await typesOf(photographer.accountId)).toEqual(['member.joined', 'member.changed', 'member.removed']);
  const gone = people.members.remove(event.eventId, owner, photographer.accountId);
  await expect(gone).rejects.toMatchObject({ code: 'member_missing' });
});

test('of two owners who remove each other, one stays', async () => {
  const other = await member('editor');
  await people.members.change(event.eventId, owner, other.accountId, 'owner');
  const tries = await Promise.allSettled([
    people.members.remove(event.eventId, owner, other.accountId),
    people.members.change(event.eventId, { accountId: other.accountId, role: 'owner' }, event.ownerId, 'editor'),
  ]);
  expect(tries.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
  const refused = tries.find((one) => one.status === 'rejected');
  expect(refused?.reason).toMatchObject({ kind: 'conflict', code: 'last_owner' });
  await event.database.query(
    `insert into memberships (event_id, account_id, role) values ($1, $2, 'owner')
     on conflict (event_id, account_id) do update set role = 'owner'`,
    [event.eventId, event.ownerId],
  );
});

test('a sign-in link is for oneself, or for whom one manages in all of his events', async () => {
  const [editor, photographer] = [await member('editor'), await member('photographer')];
  const install = { kind: 'account', accountId: event.ownerId, name: 'Owner', role: 'owner' } as const;
  const mint = (by: AccountPrincipal, id: string) => people.signInLink(by, event.eventId, id);
  const token = (await mint(editor, photographer.accountId)).slice('/sign-in#'.length);
  expect(await redeem(event.database, token)).toBe(photographer.accountId);
  for (const by of [install, photographer]) await mint(by, photographer.accountId);
  await expect(mint(editor, event.ownerId)).rejects.toMatchObject({ kind: 'forbidden' });
  await expect(mint(photographer, editor.accountId)).rejects.toMatchObject({ kind: 'forbidden' });
  // In another event the photographer is more than the editor manages there.
  await people.join(photographer, { token: await invited('photographer', event.foreignEventId) });
  await expect(mint(editor, photographer.accountId)).rejects.toMatchObject({ kind: 'forbidden' });
  await expect(mint(install, uuidv7())).rejects.toMatchObject({ code: 'member_missing' });
});

test('of an account, only the newest sign-in link that was not used works', async () => {
  const photographer = await member('photographer');
  const mint = async () => (await people.signInLink(photographer, event.eventId, photographer.accountId)).slice(9);
  const [older, newer] = [await mint(), await mint()];
  await expect(redeem(event.database, older)).rejects.toMatchObject({ code: 'sign_in_link_invalid' });
  expect(await redeem(event.database, newer)).toBe(photographer.accountId);
  expect(await mintOwnerLink(event.database)).toMatch(/^\/sign-in#/);
});
