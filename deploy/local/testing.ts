import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { createDatabase } from './servers/postgres.ts';

export { temporaryFolder } from './temporary.ts';
export { ownEnvironment, startInstallation, type TestInstallation } from './testing-installation.ts';

const names = [
  'DATABASE_URL',
  'S3_ENDPOINT',
  'S3_REGION',
  'S3_BUCKET',
  'S3_ACCESS_KEY_ID',
  'S3_SECRET_ACCESS_KEY',
] as const;

/**
 * Names what a test needs to know of the servers that its run shares; REDIS_URL lacks where there is no Redis, and
 * S3_SYNC_FOLDER where the S3 server syncs by itself.
 */
export type TestServers = Record<(typeof names)[number], string> & { REDIS_URL?: string; S3_SYNC_FOLDER?: string };

/** Answers the environment of the servers that the run shares (integration, fault and e2e tests only). */
export function testServers(): TestServers {
  const found = names.map((name) => [name, process.env[name]] as const);
  const missing = found.filter(([, value]) => !value).map(([name]) => name);
  if (missing.length > 0) throw new Error(`This test's project starts no servers: ${missing.join(', ')} not set.`);
  const others = ['REDIS_URL', 'S3_SYNC_FOLDER'].flatMap((name) => {
    const value = process.env[name];
    return value ? [[name, value] as const] : [];
  });
  return Object.fromEntries([...found, ...others]) as TestServers;
}

/** Creates an empty database on the shared PostgreSQL and answers its URL. */
export async function freshDatabase(): Promise<string> {
  const url = new URL(testServers().DATABASE_URL);
  const name = `test_${randomBytes(8).toString('hex')}`;
  await createDatabase(url.href, name);
  url.pathname = `/${name}`;
  return url.href;
}

/** Creates an empty bucket on the shared S3 server and answers its name; on a foreign S3 server it is the one given. */
export function freshBucket(): string {
  const root = process.env.KILAT_TEST_BUCKETS;
  if (!root || !existsSync(root)) return testServers().S3_BUCKET;
  const name = `test-${randomBytes(8).toString('hex')}`;
  mkdirSync(join(root, name));
  return name;
}
