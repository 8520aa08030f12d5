import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { openDatabase } from '../database/database.ts';
import { openTestEvent, type TestEvent } from '../events/eventtest.ts';
import { silentLog } from '../log/log.ts';
import { databaseCheck, queueCheck } from './checks.ts';

let event: TestEvent;
beforeAll(async () => {
  event = await openTestEvent();
});
afterAll(() => event[Symbol.asyncDispose]());
beforeEach(() => event.database.query('delete from stages'));

async function stage(state: string, minutesAgo: number, more: { lane?: string; workSeq?: number } = {}): Promise<void> {
  const photoId = await event.addPhoto();
  await event.database.query(
    `update stages set state = $2, next_attempt_at = now() - make_interval(mins => $3),
       updated_at = now() - make_interval(mins => $3), lane = $4, work_seq = $5 where photo_id = $1`,
    [photoId, state, minutesAgo, more.lane ?? 'live', more.workSeq ?? null],
  );
}

const inTrouble = () => queueCheck(event.database, 30)(false);

const queues = [
  { name: 'nothing waits', make: async () => {}, want: false },
  { name: 'work is due, but not for long', make: () => stage('due', 29), want: false },
  { name: 'work is due for long: the relay is away', make: () => stage('due', 31), want: true },
  { name: 'a message waits for long: the workers are away', make: () => stage('queued', 31), want: true },
  { name: 'a retry is planned', make: () => stage('due', -5), want: false },
  { name: 'what waits for long is settled', make: () => stage('done', 300), want: false },
  { name: 'bulk work waits for long', make: () => stage('queued', 300, { lane: 'bulk' }), want: false },
];
test.each(queues)('the queue is in trouble when $name: $want', async ({ make, want }) => {
  await make();
  expect(await inTrouble()).toBe(want);
});

test('what waits behind the work in hand is seen', async () => {
  for (let n = 1; n <= 8; n++) await stage('queued', 0, { workSeq: n });
  await stage('queued', 31, { workSeq: 9 });
  expect(await inTrouble()).toBe(true);
});

test('a database whose connections are all taken is in trouble', async () => {
  await using database = await openDatabase({ url: event.url, poolSize: 1, log: silentLog() });
  const check = databaseCheck(database, 200);
  expect(await check(false)).toBe(false);
  const taken = database.query('select pg_sleep(1)');
  expect(await check(false)).toBe(true);
  await taken;
  expect(await check(false)).toBe(false);
});
