import { mkdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { originsOf } from './address.ts';
import { type Instance, instanceFile, readInstance } from './instance.ts';
import { tryLock } from './lock.ts';
import { UsageError } from './options.ts';
import { say } from './progress.ts';
import { objectStoreAddress } from './servers/objectstore.ts';
import { postgresAddress } from './servers/postgres.ts';
import { startServers } from './servers/servers.ts';
import { type Environment, servicesEnvironment } from './services.ts';

type Run = (args: readonly string[], env: Environment) => Promise<number>;

// They need no installation, or one that is told by the environment.
const standsAlone = ['serve', 'env', 'version', 'help', '--help', '-h'];

/**
 * Runs a command with the settings of the installation that it is about: what the environment names, else that of a data
 * folder (--data, KILAT_DATA, .kilat). Where that one does not run, its PostgreSQL and S3 server do as long as the command.
 */
export async function withSettings(args: readonly string[], env: Environment, run: Run): Promise<number> {
  const { dataDir, rest } = splitData(args, env);
  const [name = 'help', action] = rest;
  if (env.DATABASE_URL || standsAlone.includes(name) || (name === 'snapshot' && action === 'check'))
    return run(rest, env);
  return name === 'snapshot' && action === 'restore' ? restoring(dataDir, rest, run) : working(dataDir, rest, run);
}

/** Tells a mistake of the person, or what went wrong; answers the code to leave with. */
export function tellMistake(error: Error): number {
  say(`kilat: ${error.message}${error.cause instanceof Error ? `\n${error.cause.message}` : ''}`);
  return error instanceof UsageError ? 2 : 1;
}

function splitData(args: readonly string[], env: Environment): { dataDir: string; rest: string[] } {
  const at = args.findIndex((arg) => arg === '--data' || arg.startsWith('--data='));
  const joined = args[at]?.startsWith('--data=') ?? false;
  const value = joined ? args[at]?.slice('--data='.length) : args[at + 1];
  if (at < 0) return { dataDir: resolve(env.KILAT_DATA || '.kilat'), rest: [...args] };
  if (!value) throw new UsageError('--data takes the folder of an installation.');
  return { dataDir: resolve(value), rest: args.toSpliced(at, joined ? 1 : 2) };
}

async function working(dataDir: string, args: readonly string[], run: Run): Promise<number> {
  const { secret, port, ports } = readInstance(dataDir);
  if (secret === undefined || port === undefined || ports === undefined)
    throw new UsageError(
      `There is no installation in ${dataDir}: name its folder with --data, or set DATABASE_URL and S3_ENDPOINT.`,
    );
  const instance = { secret, port, ports };
  const held = tryLock(join(dataDir, 'lock'));
  if ('heldBy' in held) {
    const objects = process.env.S3_ENDPOINT ? {} : objectStoreAddress({ dataDir, port: ports.objectstore });
    const servers = { ...postgresAddress({ dataDir, port: ports.postgres }), ...objects };
    return run(args, environmentOf(dataDir, instance, servers));
  }
  using _held = held;
  if (args[0] === 'rerender')
    throw new UsageError('rerender is done by the installation itself: start it first (npm start).');
  await using servers = await startServers({ dataDir, names: ['postgres', 'objectstore'], ports });
  return await run(args, environmentOf(dataDir, instance, servers.env));
}

async function restoring(dataDir: string, args: readonly string[], run: Run): Promise<number> {
  const secret = secretOf(folderOf(args));
  const kept = readInstance(dataDir).secret;
  if (kept !== undefined && kept !== secret)
    throw new UsageError(`There is an installation in ${dataDir}: name an empty folder with --data.`);
  mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  const held = tryLock(join(dataDir, 'lock'));
  if ('heldBy' in held) throw new UsageError(`Kilat runs on ${dataDir} (process ${held.heldBy}): stop it first.`);
  using _held = held;
  await using servers = await startServers({ dataDir, names: ['postgres', 'objectstore'] });
  const code = await run(args, {
    ...process.env,
    ...servers.env,
    KILAT_SECRET: secret,
    KILAT_INSTANCE_FILE: instanceFile(dataDir),
  });
  if (code < 2) say(`Start it with: npm start -- --data ${dataDir}`);
  return code;
}

function environmentOf(dataDir: string, instance: Instance, servers: Record<string, string>): Environment {
  const origins = originsOf({ lan: false, tls: undefined, origin: undefined }, instance.port);
  return {
    ...servicesEnvironment({ instance, servers, origins, dataDir }),
    KILAT_INSTANCE_FILE: instanceFile(dataDir),
  };
}

function folderOf(args: readonly string[]): string {
  const at = args.findIndex((arg) => arg === '--from' || arg.startsWith('--from='));
  const folder = args[at]?.startsWith('--from=') ? args[at].slice('--from='.length) : args[at + 1];
  if (at < 0 || !folder) throw new UsageError('snapshot restore takes --from=<folder of the snapshot>.');
  return folder;
}

function secretOf(folder: string): string {
  try {
    const { secret } = JSON.parse(readFileSync(join(folder, 'install.json'), 'utf8')) as { secret?: unknown };
    if (typeof secret === 'string') return secret;
  } catch (cause) {
    throw new UsageError(`There is no snapshot in ${folder} that can be read.`, { cause });
  }
  throw new UsageError(`The snapshot in ${folder} is damaged: install.json has no secret.`);
}
