import { Migration } from '@mikro-orm/migrations';
import pg from 'pg';
import { expect, test } from 'vitest';
import { patienceMs } from '../../../deploy/local/patience.ts';
import { freshDatabase } from '../../../deploy/local/testing.ts';
import manifest from '../../package.json' with { type: 'json' };
import { silentLog } from '../log/log.ts';
import { contextOf } from '../process/context.ts';
import { openDatabase } from './database.ts';
import { migrate, untilMigrated, untilReached } from './migrate.ts';

class Adds extends Migration {
  override up() {
    this.addSql('create table kept (new_name text)');
  }
}
class TakesAway extends Migration {
  override up() {
    this.addSql('create table swept (n integer)');
  }
}
class AddsMore extends Migration {
  override up() {
    this.addSql('alter table kept add more text');
  }
}

const list = [
  { name: 'm1_adds', class: Adds },
  { name: 'm2_takes_away', class: TakesAway, contracts: true as const },
  { name: 'm3_adds_more', class: AddsMore },
];

test('what takes away from the release before waits for its own turn, whatever expands behind it', async () => {
  const url = await freshDatabase();
  const log = silentLog();
  expect(await migrate(url, log, { list, only: 'expand' })).toEqual(['m1_adds', 'm3_adds_more']);
  expect(await migrate(url, log, { list, only: 'expand' })).toEqual([]);
  expect(await migrate(url, log, { list })).toEqual(['m2_takes_away']);
});

async function connectAs(url: string, application_name: string) {
  const client = new pg.Client({ connectionString: url, application_name });
  await client.connect();
  return client;
}

test.each(['kilat/0.0.9', 'kilat/0.0.9 leader 7', 'kilat'])(
  'nothing is taken away while %s is connected, all of it when that has gone',
  async (name) => {
    const url = await freshDatabase();
    const log = silentLog();
    const other = await connectAs(url, name);
    expect(await migrate(url, log, { list, only: 'expand' })).toEqual(['m1_adds', 'm3_adds_more']);
    const said = `still connected is ${name.split(' ')[0]}, which may need what m2_takes_away takes away`;
    await expect(migrate(url, log, { list, ctx: contextOf(AbortSignal.timeout(100)) })).rejects.toMatchObject({
      kind: 'unavailable',
      message: expect.stringContaining(said),
    });
    const { rows } = await other.query(`select to_regclass('swept') as it`);
    expect(rows).toEqual([{ it: null }]);

    const waiting = Promise.withResolvers<void>();
    const patient = Object.assign(silentLog(), { info: () => waiting.resolve() });
    const migrating = migrate(url, patient, { list });
    await waiting.promise;
    await other.end();
    expect(await migrating).toEqual(['m2_takes_away']);
  },
);

test('nobody waits for processes of the same release, nor for programs of others', async () => {
  const url = await freshDatabase();
  const [other, same] = [await connectAs(url, 'kilatish'), await openDatabase({ url, poolSize: 1, log: silentLog() })];
  const [named] = await same.query<{ name: string }>(`select current_setting('application_name') as name`);
  expect(named?.name).toBe(`kilat/${manifest.version}`);
  const ctx = contextOf(AbortSignal.abort());
  expect(await migrate(url, silentLog(), { list, ctx })).toEqual(list.map(({ name }) => name));
  await Promise.all([other.end(), same[Symbol.asyncDispose]()]);
});

test('several that migrate at once apply each change once', async () => {
  const url = await freshDatabase();
  const applied = await Promise.all([1, 2, 3].map(() => migrate(url, silentLog(), { list })));
  expect(applied.flat().sort()).toEqual(list.map(({ name }) => name));
});

test('waiting for the schema ends when another process has brought it, and not before', async () => {
  const url = await freshDatabase();
  let over = false;
  const waiting = untilMigrated(contextOf(AbortSignal.timeout(patienceMs)), url, silentLog()).then(() => {
    over = true;
  });
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  expect((await client.query(`select to_regclass('migrations') as it`)).rows).toEqual([{ it: null }]);
  await client.end();
  expect(over).toBe(false);
  await migrate(url, silentLog(), { only: 'expand' });
  await waiting;
});

test('waiting for the schema of a server that is away fails when its time is over', async () => {
  const url = 'postgres://kilat:none@127.0.0.1:1/kilat';
  const waiting = untilMigrated(contextOf(AbortSignal.timeout(200)), url, silentLog());
  await expect(waiting).rejects.toMatchObject({ kind: 'unavailable' });
});

test('a server without a schema is reached, one that is away is not', async () => {
  await untilReached(contextOf(AbortSignal.timeout(patienceMs)), await freshDatabase(), silentLog());
  const waiting = untilReached(contextOf(AbortSignal.timeout(200)), 'postgres://k:n@127.0.0.1:1/k', silentLog());
  await expect(waiting).rejects.toMatchObject({ kind: 'unavailable' });
});
