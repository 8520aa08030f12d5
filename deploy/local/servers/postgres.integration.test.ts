import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Client } from 'pg';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { temporaryFolder } from '../temporary.ts';
import { startPostgres } from './postgres.ts';

const dataDir = temporaryFolder();

// The run shares a server by this variable; here we start our own.
beforeAll(() => void vi.stubEnv('DATABASE_URL', ''));
afterAll(() => void vi.unstubAllEnvs());

test('keeps what was committed over a kill, and asks for a password on 127.0.0.1 only', async () => {
  const first = await startPostgres({ dataDir });
  await query(first.env.DATABASE_URL, 'create table kept as select 7 as it');
  first.kill('SIGKILL');
  await first.exited;

  await using second = await startPostgres({ dataDir });
  expect(await query(second.env.DATABASE_URL, 'select it from kept')).toEqual([{ it: 7 }]);
  expect(await query(second.env.DATABASE_URL, 'show listen_addresses')).toEqual([{ listen_addresses: '127.0.0.1' }]);
  expect(await query(second.env.DATABASE_URL, 'show data_checksums')).toEqual([{ data_checksums: 'on' }]);
  const guessed = new URL(second.env.DATABASE_URL ?? '');
  guessed.password = 'guessed';
  await expect(query(guessed.href, 'select 1')).rejects.toThrow('password authentication failed');
});

test('starts although the lock of a killed server names a process that is another program now', async () => {
  const lock = join(dataDir, 'postgres', 'cluster', 'postmaster.pid');
  writeFileSync(lock, `${process.pid}\n${join(dataDir, 'postgres', 'cluster')}\n0\n1\n\n127.0.0.1\n`);
  await using server = await startPostgres({ dataDir });
  expect(Number.parseInt(readFileSync(lock, 'utf8'), 10)).toBe(server.pid);
});

async function query(url: string | undefined, sql: string): Promise<unknown[]> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query(sql)).rows;
  } finally {
    await client.end();
  }
}
