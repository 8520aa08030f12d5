import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import pRetry from 'p-retry';
import { startChild } from '../../deploy/local/child.ts';
import { freePort } from '../../deploy/local/port.ts';
import { answers, untilReady } from '../../deploy/local/ready.ts';
import type { Server } from '../../deploy/local/servers/server.ts';
import { type ServerName, serverNames, starters } from '../../deploy/local/servers/servers.ts';
import { root, runCommand } from '../../deploy/local/services.ts';
import { startUnit, type Unit } from './unit.ts';

/** Lists the processes of an install's own code; upload runs twice. */
const targetUnits = ['upload-1', 'upload-2', 'api', 'live', 'media', 'relay', 'thumbnail'] as const;

/** Names a process of an install's own code. */
export type TargetUnit = (typeof targetUnits)[number];

/** Names a process of a fleet. */
export type UnitName = ServerName | TargetUnit;

/** Is a whole install, each process its own, on data of its own. */
export interface Fleet extends AsyncDisposable {
  readonly units: Record<UnitName, Unit>;
  readonly env: Record<string, string>;
  readonly dataDir: string;
  /** Is the address of api, of the live streams, and of the pictures. */
  readonly api: string;
  readonly live: string;
  readonly media: string;
  /** Lists the addresses of the two upload replicas. */
  readonly uploads: readonly string[];
  /** Is the S3 server itself, whatever the targets are told, and the folder of its bucket. */
  readonly s3: string;
  readonly bucketFolder: string;
  /** Kills all processes at once, for good. */
  crash(): Promise<void>;
  /** Signs the owner in and gives the cookie. */
  signIn(): Promise<string>;
}

/** Is what targets are told of their servers: all of them, and some besides. */
export interface Between {
  env?: Record<string, string>;
  unitEnv?: Partial<Record<TargetUnit, Record<string, string>>>;
}

/** Says where a fleet lives, what stands between its targets and their servers, and what each is told besides. */
export interface FleetOptions {
  dataDir: string;
  /** Gives what the targets are told of a server instead of its own address. */
  between?: (servers: Record<string, string>) => Promise<Between>;
  env?: Record<string, string>;
  unitEnv?: Partial<Record<TargetUnit, Record<string, string>>>;
}

/** Starts a fleet: the four servers, the schema, then all targets. */
export async function startFleet(options: FleetOptions): Promise<Fleet> {
  const { dataDir } = options;
  mkdirSync(join(dataDir, 'logs'), { recursive: true });
  const servers = await startServers(dataDir);
  const own = Object.assign({}, ...servers.map(({ env }) => env)) as Record<string, string>;
  const ports = await portsOf(targetUnits);
  const between = (await options.between?.(own)) ?? {};
  const env: Record<string, string> = {
    ...(process.env as Record<string, string>),
    ...own,
    ...between.env,
    KILAT_SECRET: 'a secret for tests of at least 32 characters',
    UPLOAD_URL: `http://127.0.0.1:${ports['upload-1']}`,
    MALLOC_ARENA_MAX: '2',
    ...options.env,
  };
  await runCommand('migrate', { ...env, ...own });
  const targets = await Promise.all(
    targetUnits.map((name) => {
      const extra = { ...between.unitEnv?.[name], ...options.unitEnv?.[name] };
      return startTargetUnit(name, { env, ports, dataDir, extra });
    }),
  );
  const units = Object.fromEntries([...servers.map(({ unit }) => unit), ...targets].map((unit) => [unit.name, unit]));
  return {
    units: units as Record<UnitName, Unit>,
    env: { ...env, ...own },
    dataDir,
    api: `http://127.0.0.1:${ports.api}`,
    live: `http://127.0.0.1:${ports.live}`,
    media: `http://127.0.0.1:${ports.media}`,
    uploads: [`http://127.0.0.1:${ports['upload-1']}`, `http://127.0.0.1:${ports['upload-2']}`],
    s3: own.S3_ENDPOINT ?? '',
    bucketFolder: join(dataDir, 'objects', 'root', own.S3_BUCKET ?? ''),
    crash: async () => void (await Promise.all(Object.values(units).map((unit) => unit.crash()))),
    signIn: () => signIn({ ...env, ...own }, `http://127.0.0.1:${ports.api}`),
    async [Symbol.asyncDispose]() {
      await Promise.all(targets.map((unit) => unit[Symbol.asyncDispose]()));
      await Promise.all(servers.map(({ unit }) => unit[Symbol.asyncDispose]()));
    },
  };
}

async function startServers(dataDir: string): Promise<{ unit: Unit; env: Record<string, string> }[]> {
  const ports = await portsOf(serverNames);
  return Promise.all(
    serverNames.map(async (name) => {
      let env: Record<string, string> = {};
      const start = async () => {
        const server: Server = await starters[name]({ dataDir, port: ports[name], own: true });
        env = server.env;
        return server;
      };
      return { unit: await startUnit(name, start), env };
    }),
  );
}

interface TargetParts {
  env: Record<string, string>;
  ports: Record<TargetUnit, number>;
  dataDir: string;
  extra: Record<string, string>;
}

function startTargetUnit(name: TargetUnit, { env, ports, dataDir, extra }: TargetParts): Promise<Unit> {
  const target = name.replace(/-\d$/, '');
  const own = {
    ...env,
    [`${target.toUpperCase()}_LISTEN`]: `127.0.0.1:${ports[name]}`,
    SPOOL_DIR: join(dataDir, `spool-${name}`),
    THUMBNAIL_FOLDER: join(dataDir, 'thumbnail'),
    ...extra,
  };
  return startUnit(name, async () => {
    const admin = `127.0.0.1:${await freePort()}`;
    const child = startChild({
      name,
      command: [process.execPath, join(root, 'services/main.ts'), 'serve', `--target=${target}`],
      cwd: root,
      env: { ...own, ADMIN_LISTEN: admin },
      logFile: join(dataDir, 'logs', `${name}.log`),
      stopTimeoutMs: 20_000,
    });
    await untilReady(child, () => answers(`http://${admin}/livez`));
    return child;
  });
}

async function portsOf<Name extends string>(names: readonly Name[]): Promise<Record<Name, number>> {
  const found: [Name, number][] = [];
  for (const name of names) found.push([name, await freePort()]);
  return Object.fromEntries(found) as Record<Name, number>;
}

async function signIn(env: Record<string, string>, api: string): Promise<string> {
  // Right after the start of so many processes a busy machine answers late.
  const [, token = ''] = (await pRetry(() => runCommand('owner-link', env), { retries: 5 })).split('#');
  return cookieOf(await post(`${api}/api/sign-in`, { token }));
}

/** Removes nats-server's data, as a lost disk does; for while it is down. */
export async function wipeNats(fleet: Fleet): Promise<void> {
  rmSync(join(fleet.dataDir, 'nats', 'store'), { recursive: true, force: true });
}

/** Posts JSON; throws when it is refused. */
export async function post(url: string, body: object, cookie = ''): Promise<Response> {
  const answer = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', cookie },
    body: JSON.stringify(body),
  });
  if (!answer.ok) throw new Error(`${url}: ${answer.status} ${await answer.text()}`);
  return answer;
}

/** Gives the cookie that an answer sets. */
export function cookieOf(answer: Response): string {
  return (answer.headers.get('set-cookie') ?? '').split(';')[0] ?? '';
}
