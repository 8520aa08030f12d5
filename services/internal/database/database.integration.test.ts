import { Writable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { pino } from 'pino';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { freePort } from '../../../deploy/local/port.ts';
import { freshDatabase } from '../../../deploy/local/testing.ts';
import { type Database, openDatabase, type Transaction } from './database.ts';
import { SignInLink } from './entities.ts';
import { migrate } from './migrate.ts';

let url: string;
let database: Database;
const lines: string[] = [];
const log = pino(
  { level: 'info' },
  new Writable({
    write(line, _encoding, done) {
      lines.push(String(line));
      done();
    },
  }),
);

beforeAll(async () => {
  url = await freshDatabase();
  await migrate(url, log);
  database = await openDatabase({ url, poolSize: 4, log });
  await database.query(`create table marks (mark text primary key, times integer not null default 0)`);
  await database.query(`insert into marks (mark) values ('left'), ('right')`);
});
afterAll(() => database[Symbol.asyncDispose]());

const backendOf = async (tx: Transaction) =>
  (await tx.query<{ pid: number }>('select pg_backend_pid() as pid'))[0]?.pid ?? 0;

async function timesOf(mark: string): Promise<number | undefined> {
  return (await database.query<{ times: number }>('select times from marks where mark = $1', [mark]))[0]?.times;
}

test('a transaction whose connection is cut before its commit is done again, once in effect', async () => {
  let attempts = 0;
  await database.transaction(async (tx) => {
    attempts += 1;
    await tx.query(`insert into marks (mark, times) values ('cut', 1)`);
    if (attempts <= 2) await database.query('select pg_terminate_backend($1)', [await backendOf(tx)]);
    await tx.query(`update marks set times = times + 1 where mark = 'cut'`);
  });
  expect([attempts, await timesOf('cut')]).toEqual([3, 2]);
});

test('a transaction is given up after the fourth cut, and says that the database is not available', async () => {
  let attempts = 0;
  const given = database.transaction(async (tx) => {
    attempts += 1;
    await database.query('select pg_terminate_backend($1)', [await backendOf(tx)]);
    await tx.query('select 1');
  });
  await expect(given).rejects.toMatchObject({ kind: 'unavailable' });
  expect(attempts).toBe(4);
});

test('a commit of which the answer was lost is not done again', async () => {
  await database.query(`
    create function cut_me() returns trigger language plpgsql as $$
    begin perform pg_terminate_backend(pg_backend_pid()); return null; end $$`);
  await database.query(`create table doubtful (n integer)`);
  await database.query(`
    create constraint trigger cut after insert on doubtful deferrable initially deferred for each row execute function cut_me()`);
  let attempts = 0;
  const committed = database.transaction(async (tx) => {
    attempts += 1;
    await tx.query('insert into doubtful values (1)');
  });
  await expect(committed).rejects.toMatchObject({ kind: 'unavailable' });
  expect(attempts).toBe(1);
});

test('of two transactions in a deadlock both succeed in the end', async () => {
  const met = Promise.withResolvers<void>();
  let arrived = 0;
  const touch = (first: string, second: string) =>
    database.transaction(async (tx) => {
      await tx.query('update marks set times = times + 1 where mark = $1', [first]);
      arrived += 1;
      if (arrived === 2) met.resolve();
      await met.promise;
      await tx.query('update marks set times = times + 1 where mark = $1', [second]);
    });
  await Promise.all([touch('left', 'right'), touch('right', 'left')]);
  expect([await timesOf('left'), await timesOf('right'), arrived]).toEqual([2, 2, 3]);
});

test('a read whose connection is cut is done again, a write is not', async () => {
  const cut = `pg_terminate_backend(pg_backend_pid())`;
  await database.query(`create sequence reads`);
  const [row] = await database.query<{ n: number }>(
    `select case when nextval('reads') < 3 then ${cut}::int else currval('reads')::int end as n`,
  );
  expect(row?.n).toBe(3);
  await database.query(`insert into marks (mark) values ('written')`);
  await database.query(`create sequence writes`);
  const writing = database.query(
    `update marks set times = case when nextval('writes') < 3 then ${cut}::int else 1 end where mark = 'written'`,
  );
  await expect(writing).rejects.toMatchObject({ kind: 'unavailable' });
  expect(await database.query(`select last_value from writes`)).toEqual([{ last_value: 1 }]);
});

test('a snapshot that is cut is read again', async () => {
  let attempts = 0;
  const rows = await database.snapshot(async (tx) => {
    attempts += 1;
    if (attempts === 1) await database.query('select pg_terminate_backend($1)', [await backendOf(tx)]);
    return tx.query('select 1 as one');
  });
  expect([attempts, rows]).toEqual([2, [{ one: 1 }]]);
});

test('what work itself refuses is not done again', async () => {
  let attempts = 0;
  const refused = database.transaction(async (tx) => {
    attempts += 1;
    await tx.query(`insert into marks (mark) values ('left')`);
  });
  await expect(refused).rejects.toMatchObject({ code: '23505' });
  expect(attempts).toBe(1);
});

test('a server that refuses connections is asked four times', async () => {
  lines.length = 0;
  const nobody = `postgresql://nobody@127.0.0.1:${await freePort()}/nothing`;
  await using away = await openDatabase({ url: nobody, poolSize: 1, log });
  await expect(away.query('update marks set times = 1')).rejects.toMatchObject({ kind: 'unavailable' });
  expect(lines.filter((line) => line.includes('tried again'))).toHaveLength(3);
});

// A connection takes some ms to be made: one of these meets it.
test.each([0, 2, 4, 6, 8, 12])('closes %i ms after its first use', async (ms) => {
  const early = await openDatabase({ url, poolSize: 3, log });
  const used = Promise.allSettled([early.probe(), early.query('select 1'), early.transaction(async () => {})]);
  await sleep(ms);
  await early[Symbol.asyncDispose]();
  for (const outcome of await used)
    if (outcome.status === 'rejected') expect(outcome.reason).toMatchObject({ kind: 'unavailable' });
});

test('a slow statement is logged with its text, without its values', async () => {
  lines.length = 0;
  await database.query('select pg_sleep(1.1),\n  $1::text as secret', ['Ayu & Bram']);
  const [line = '', ...rest] = lines;
  expect(JSON.parse(line)).toMatchObject({ msg: 'slow statement', sql: 'select pg_sleep(1.1), $1::text as secret' });
  expect(JSON.parse(line).ms).toBeGreaterThanOrEqual(1_100);
  expect([line.includes('Ayu'), rest]).toEqual([false, []]);
});

test('a slow statement that MikroORM composes is logged without its values too', async () => {
  lines.length = 0;
  const account = '01890000-0000-7000-8000-0000000000aa';
  await database
    .transaction(async (tx) => {
      await tx.query('lock table sign_in_links');
      const asking = database.transaction(({ em }) => em.findOne(SignInLink, { accountId: account }));
      const waits = `select 1 as one from pg_locks where relation = 'sign_in_links'::regclass and not granted`;
      await expect.poll(() => tx.query(waits)).toHaveLength(1);
      await tx.query('select pg_sleep(1.1)');
      return { asking };
    })
    .then(({ asking }) => asking);
  const slow = lines.filter((line) => line.includes('sign_in_links'));
  expect(slow).toHaveLength(1);
  expect(slow[0]).toContain('slow statement');
  expect(lines.join('')).not.toContain(account);
});

test('an error that is logged carries no values of rows', async () => {
  const failing = database.query(`insert into marks (mark) values ('right')`).catch((err: unknown) => err);
  lines.length = 0;
  log.error({ err: await failing }, 'failed');
  expect(lines.join('')).toContain('duplicate key');
  expect(lines.join('')).not.toContain('(right)');
});
