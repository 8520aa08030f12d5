import { afterAll, beforeAll, expect, test } from 'vitest';
import { openTestEvent, type TestEvent } from '../events/eventtest.ts';
import { sessionsOf } from './sessions.ts';
import { hashToken } from './token.ts';

let event: TestEvent;
beforeAll(async () => {
  event = await openTestEvent();
});
afterAll(() => event[Symbol.asyncDispose]());

const ages = [
  { name: 'was used 13 days ago', column: 'seen_at', interval: '-13 days', want: ['account', 'account'] },
  { name: 'was used 15 days ago', column: 'seen_at', interval: '-15 days', want: ['stranger', 'stranger'] },
  { name: 'has expired', column: 'expires_at', interval: '-1 second', want: ['stranger', 'stranger'] },
];
test.each(ages)("an account's session that $name finds $want", async ({ column, interval, want }) => {
  const { token } = await event.sessions.beginAccount(event.ownerId);
  await event.database.query(`update sessions set ${column} = now() + $2::interval where token_hash = $1`, [
    hashToken(token),
    interval,
  ]);
  // Twice: that somebody asked with a session that has ended must not wake it.
  const found = [];
  for (const sessions of [sessionsOf(event.database), sessionsOf(event.database)])
    found.push((await sessions.find(`kilat=${token}`)).kind);
  expect(found).toEqual(want);
});

test("a guest's session lasts two days", async () => {
  const [link] = await event.links.list(event.eventId);
  const opened = await event.links.open(link?.path.slice('/g/'.length) ?? '');
  expect((await event.sessions.beginGuest(opened)).maxAgeSeconds).toBe(2 * 86_400);
});
