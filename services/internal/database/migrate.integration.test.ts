import { Migration } from '@mikro-orm/migrations';
import pg from 'pg';
import { expect, test } from 'vitest';
import { freshDatabase } from '../../../deploy/local/testing.ts';
import { silentLog } from '../log/log.ts';
import { contextOf } from '../process/context.ts';
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

test('several that migrate at once apply each change once', async () => {
  const url = await freshDatabase();
  const applied = await Promise.all([1, 2, 3].map(() => migrate(url, silentLog(), { list })));
  expect(applied.flat().sort()).toEqual(list.map(({ name }) => name));
});

test('waiting for the schema ends when another process has brought it, and not before', async () => {
  const url = await freshDatabase();
  let over = false;
  const waiting = untilMigrated(contextOf(AbortSignal.timeout(50_000)), url, silentLog()).then(() => {
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
  await untilReached(contextOf(AbortSignal.timeout(20_000)), await freshDatabase(), silentLog());
  const waiting = untilReached(contextOf(AbortSignal.timeout(200)), 'postgres://k:n@127.0.0.1:1/k', silentLog());
  await expect(waiting).rejects.toMatchObject({ kind: 'unavailable' });
});
