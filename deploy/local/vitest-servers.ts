import { join } from 'node:path';
import { startServers } from './servers/servers.ts';
import { temporaryFolder } from './temporary.ts';

interface Shared {
  users: number;
  stop: Promise<() => Promise<void>>;
}

// Each vitest project loads this file for itself; all of one run share the servers.
const shared = globalThis as { kilatTestServers?: Shared | undefined };

/** Starts PostgreSQL, the S3 server and Redis once for all projects of a test run. */
export default async function setup(): Promise<() => Promise<void>> {
  const run = shared.kilatTestServers ?? { users: 0, stop: start() };
  shared.kilatTestServers = run;
  run.users++;
  const stop = await run.stop;
  return async () => {
    run.users--;
    if (run.users > 0) return;
    shared.kilatTestServers = undefined;
    await stop();
  };
}

async function start(): Promise<() => Promise<void>> {
  const dataDir = temporaryFolder();
  const servers = await startServers({ dataDir, names: ['postgres', 'objectstore', 'redis'] });
  // Test workers are made after this and inherit it.
  Object.assign(process.env, servers.env, { KILAT_TEST_BUCKETS: join(dataDir, 'objects', 'root') });
  return () => servers.stop();
}
