import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { originsOf } from './address.ts';
import { type Instance, openInstance } from './instance.ts';
import { tryLock } from './lock.ts';
import type { Options } from './options.ts';
import type { Say } from './progress.ts';
import { startProxy } from './proxy.ts';
import { serverNames, starters } from './servers/servers.ts';
import { type Environment, runCommand, servicesEnvironment, startServices } from './services.ts';
import { type Kept, keepAlive } from './supervise.ts';
import { buildWeb, startWeb } from './web.ts';

/** Is everything that runs for one data folder. */
export interface Installation {
  readonly origin: string;
  readonly signInLink: string;
  readonly dataDir: string;
  stop(): Promise<void>;
}

/** Starts the servers, the services, the pages and the proxy of one data folder, and keeps them alive. */
export async function install(options: Options, say: Say): Promise<Installation> {
  const { dataDir } = options;
  const held = holdFolder(dataDir);
  const host = options.lan ? '0.0.0.0' : '127.0.0.1';
  const instance = await openInstance(dataDir, { port: options.port, host }, say);
  const origins = originsOf(options, instance.port);
  const origin = origins[0] ?? '';
  // First, so that no other program takes the port meanwhile; until all is up it answers that it is starting.
  const proxy = await startProxy({ host, port: instance.port, tls: options.tls, routes: routesOf(instance) });
  say('Starting the servers ...');
  const [servers] = await Promise.all([keepServers(instance, dataDir, say), buildWeb(say)]);
  const env = servicesEnvironment({ instance, servers: servers.env, origins, dataDir });
  await runCommand('migrate', env);
  say('Starting Kilat ...');
  const bucketOrigin = bucketOf(env);
  const kept = await keepPrograms({ env, instance, origin, dataDir, bucketOrigin, say });
  const signInLink = origin + (await runCommand('owner-link', env));
  const stop = async () => {
    const drained = proxy.drain();
    await stopAll(kept); // the targets end what they serve: uploads to their end, streams at once
    proxy.cut();
    await drained;
    await stopAll(servers.kept);
    held[Symbol.dispose]();
  };
  return { origin, signInLink, dataDir, stop };
}

function holdFolder(dataDir: string): Disposable {
  mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  const held = tryLock(join(dataDir, 'lock'));
  if ('heldBy' in held) throw new Error(`Kilat runs already on ${dataDir} (process ${held.heldBy}).`);
  return held;
}

async function keepServers(instance: Instance, dataDir: string, say: Say) {
  const kept = await Promise.all(
    serverNames.map((name) => {
      const start = (stopping: AbortSignal) => starters[name]({ dataDir, port: instance.ports[name], stopping });
      return keepAlive(name, start, say);
    }),
  );
  return { kept, env: Object.assign({}, ...kept.map(({ first }) => first.env)) as Record<string, string> };
}

async function keepPrograms(parts: {
  env: Environment;
  instance: Instance;
  origin: string;
  dataDir: string;
  bucketOrigin: string | undefined;
  say: Say;
}): Promise<Kept[]> {
  return await Promise.all([
    keepAlive('kilat', (stopping) => startServices(parts.env, parts.dataDir, stopping), parts.say),
    keepAlive('web', (stopping) => startWeb(parts, stopping), parts.say),
  ]);
}

// Only where photos go straight to the bucket may pages talk to it.
function bucketOf(env: Environment): string | undefined {
  const endpoint = env.S3_PUBLIC_ENDPOINT ?? env.S3_ENDPOINT;
  const isUsed = Number(env.UPLOAD_PRESIGNED_PERCENT ?? 0) > 0;
  return isUsed && endpoint ? new URL(endpoint).origin : undefined;
}

function routesOf({ ports }: Instance): Record<string, string> {
  const { api, upload, live, media, web } = ports;
  const targets = { '/api': api, '/files': upload, '/live': live, '/media': media, '/': web };
  return Object.fromEntries(Object.entries(targets).map(([path, port]) => [path, `http://127.0.0.1:${port}`]));
}

async function stopAll(kept: readonly Kept[]): Promise<void> {
  await Promise.all(kept.map((one) => one.stop()));
}
