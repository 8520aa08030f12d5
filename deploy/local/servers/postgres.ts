import { existsSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { Client } from 'pg';
import { syncFolder } from '../durable.ts';
import { freePort } from '../port.ts';
import { execute } from '../program.ts';
import { say } from '../progress.ts';
import { type PostgresPrograms, postgresPrograms } from './postgres-programs.ts';
import { awaitLastPostmaster } from './postmaster.ts';
import { keptSecret } from './secret.ts';
import { externalServer, given, type Server, type ServerOptions, startServer } from './server.ts';

const USER = 'kilat';
const DATABASE = 'kilat';

/** Tells clients of the PostgreSQL of a data folder, which listens on a port. */
export function postgresAddress({ dataDir, port }: { dataDir: string; port: number }): { DATABASE_URL: string } {
  return { DATABASE_URL: urlOf(keptSecret(join(dataDir, 'postgres', 'password')), port, DATABASE) };
}

/** Starts PostgreSQL with checksums and full durability on 127.0.0.1 only; makes the database when it is new. */
export async function startPostgres(options: ServerOptions): Promise<Server> {
  const external = options.own ? undefined : given(['DATABASE_URL']);
  if (external) return externalServer('postgres', external);
  const port = options.port ?? (await freePort());
  const folder = join(options.dataDir, 'postgres');
  const password = keptSecret(join(folder, 'password'));
  const adminUrl = urlOf(password, port, 'postgres');
  const programs = await postgresPrograms();
  await makeCluster(programs, folder);
  await awaitLastPostmaster(join(folder, 'cluster'));
  const server = await startServer(
    {
      name: 'postgres',
      command: [programs.postgres, '-D', join(folder, 'cluster'), ...settings(port)],
      wrapper: programs.wrapper,
      env: { PATH: process.env.PATH, LC_ALL: 'C' },
      deathSignal: 'SIGINT', // its fast shutdown
      stopSignal: 'SIGINT',
      stopTimeoutMs: 30_000,
      dataDir: options.dataDir,
      stopping: options.stopping,
    },
    postgresAddress({ dataDir: options.dataDir, port }),
    () => connects(adminUrl),
  );
  await createDatabase(adminUrl, DATABASE);
  return server;
}

/** Creates a database when it is missing. */
export async function createDatabase(adminUrl: string, name: string): Promise<void> {
  const client = new Client({ connectionString: adminUrl });
  await client.connect();
  try {
    const found = await client.query('select from pg_database where datname = $1', [name]);
    if (found.rowCount === 0) await client.query(`create database "${name}"`);
  } finally {
    await client.end();
  }
}

function urlOf(password: string, port: number, database: string): string {
  return `postgres://${USER}:${password}@127.0.0.1:${port}/${database}`;
}

function settings(port: number): string[] {
  const values = {
    listen_addresses: '127.0.0.1',
    port,
    unix_socket_directories: '',
    max_connections: 200,
    shared_buffers: '128MB',
    // A photo that was reported stored must outlive a power cut.
    fsync: 'on',
    synchronous_commit: 'on',
    log_min_duration_statement: '1s',
    log_line_prefix: '%m [%p] ',
    timezone: 'UTC',
  };
  return Object.entries(values).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
}

// Made under another name and renamed, so that an interrupted first start leaves no half cluster.
async function makeCluster({ initdb, wrapper }: PostgresPrograms, folder: string): Promise<void> {
  const cluster = join(folder, 'cluster');
  if (existsSync(cluster)) return;
  say('Preparing PostgreSQL ...');
  const staging = `${cluster}.new`;
  rmSync(staging, { recursive: true, force: true });
  const locale = ['--encoding=UTF8', '--locale=C', '--locale-provider=builtin', '--builtin-locale=C.UTF-8'];
  const access = [`--username=${USER}`, '--auth=scram-sha-256', `--pwfile=${join(folder, 'password')}`];
  const command = [...wrapper, initdb, '-D', staging, ...locale, ...access, '--data-checksums'];
  await execute(command, { env: { PATH: process.env.PATH, LC_ALL: 'C', TZ: 'UTC' } });
  renameSync(staging, cluster);
  syncFolder(folder);
}

async function connects(url: string): Promise<boolean> {
  const client = new Client({ connectionString: url, connectionTimeoutMillis: 2_000 });
  client.on('error', () => {});
  try {
    await client.connect();
    return true;
  } catch {
    return false;
  } finally {
    await client.end().catch(() => {});
  }
}
