import { expect, test } from 'vitest';
import type { Owed, Result } from './channels/channel.ts';
import { fateOf, waitAfter } from './outcome.ts';

const now = Date.parse('2026-11-21T12:00:00Z');
const owed = (channel: Owed['channel'], attempts: number, hoursLeft = 10): Owed => ({
  ...{ id: 'n', eventId: 'e', kind: 'k', channel, targetId: 't', content: '', attempts, createdAt: new Date(now) },
  giveUpAt: new Date(now + hoursLeft * 3_600_000),
});
const busy: Result = { state: 'later', class: 'server', error: 'busy' };
const cases: { name: string; owed: Owed; result: Exclude<Result, { state: 'down' }>; want: object }[] = [
  { name: 'is over when it was sent', owed: owed('email', 1), result: { state: 'sent' }, want: { state: 'sent' } },
  {
    name: 'is dropped when nobody wants it',
    owed: owed('email', 1),
    result: { state: 'unwanted' },
    want: { state: 'dropped' },
  },
  {
    name: 'fails at once when it is refused',
    owed: owed('email', 1),
    result: { state: 'refused', error: 'no' },
    want: { state: 'failed', class: 'invalid', error: 'no' },
  },
  {
    name: 'is tried again',
    owed: owed('push', 1),
    result: busy,
    want: { state: 'due', class: 'server', error: 'busy' },
  },
  {
    name: 'fails after six tries by mail',
    owed: owed('email', 6),
    result: busy,
    want: { state: 'failed', class: 'server' },
  },
  { name: 'goes on for a webhook', owed: owed('webhook', 6), result: busy, want: { state: 'due' } },
  { name: 'goes on for long', owed: owed('webhook', 30), result: busy, want: { state: 'due' } },
  {
    name: 'ends with its day',
    owed: owed('webhook', 12, 0.5),
    result: busy,
    want: { state: 'failed', class: 'server' },
  },
  {
    name: 'waits as long as the receiver asks',
    owed: owed('webhook', 1),
    result: { ...busy, waitMs: 90_000 },
    want: { state: 'due', inMs: 90_000 },
  },
];
test.each(cases)('a notification $name', ({ owed: one, result, want }) => {
  expect(fateOf(one, result, now)).toMatchObject(want);
});

test('waits grow, and a webhook has tries for a whole day', () => {
  const waits = Array.from({ length: 30 }, (_, n) => waitAfter('webhook', n + 1) ?? 0);
  expect(waits.slice(0, 6)).toEqual([1_000, 5_000, 30_000, 120_000, 240_000, 600_000]);
  expect(waits.reduce((sum, wait) => sum + wait, 0)).toBeGreaterThan(24 * 3_600_000);
});
