import { Client } from 'pg';
import { expect, test } from 'vitest';
import { freshBucket, freshDatabase, testServers } from './testing.ts';

test('each fresh database is empty and its own', async () => {
  const urls = [await freshDatabase(), await freshDatabase()];
  expect(new Set(urls).size).toBe(2);
  for (const url of urls) {
    const client = new Client({ connectionString: url });
    await client.connect();
    const tables = await client.query("select 1 from pg_tables where schemaname = 'public'");
    const durability = await client.query('show synchronous_commit');
    await client.end();
    expect(tables.rowCount).toBe(0);
    expect(durability.rows).toEqual([{ synchronous_commit: 'on' }]);
  }
});

test('a fresh bucket is there and closed to strangers', async () => {
  const answer = await fetch(`${testServers().S3_ENDPOINT}/${freshBucket()}`);
  expect(answer.status).toBe(403);
});
