import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Child, startChild } from './child.ts';
import type { Instance } from './instance.ts';
import { execute } from './program.ts';
import { answers, untilReady } from './ready.ts';

/** Is the repository's folder. */
export const root = fileURLToPath(new URL('../..', import.meta.url));

/** Is the program of the services. */
export const main = join(root, 'services', 'main.ts');

/** Is the environment of a process. */
export type Environment = Record<string, string | undefined>;

/** Composes what all targets are told by their environment. */
export function servicesEnvironment(settings: {
  instance: Instance;
  servers: Record<string, string>;
  origins: readonly string[];
  dataDir: string;
}): Environment {
  const { instance, servers, origins, dataDir } = settings;
  const { upload, api, live, media, admin } = instance.ports;
  const listen = { UPLOAD: upload, API: api, LIVE: live, MEDIA: media, ADMIN: admin };
  const addresses = Object.entries(listen).map(([name, port]) => [`${name}_LISTEN`, `127.0.0.1:${port}`]);
  return {
    ...process.env,
    ...servers,
    ...Object.fromEntries(addresses),
    KILAT_SECRET: instance.secret,
    PUBLIC_ORIGIN: origins[0],
    ALLOWED_ORIGINS: origins.join(','),
    TRUST_PROXY: '127.0.0.1',
    UPLOAD_URL: `http://127.0.0.1:${upload}`,
    SPOOL_DIR: join(dataDir, 'spool'),
    THUMBNAIL_FOLDER: join(dataDir, 'thumbnail'),
    // glibc gives each thread an arena of its own: with libvips' threads that costs hundreds of MB.
    MALLOC_ARENA_MAX: '2',
  };
}

/** Runs a command of the services to its end and answers what it printed. */
export async function runCommand(command: string, env: Environment): Promise<string> {
  return (await execute([process.execPath, main, command], { env, cwd: root })).trim();
}

/** Starts all targets in one process and waits until they are ready. */
export async function startServices(env: Environment, dataDir: string, stopping?: AbortSignal): Promise<Child> {
  const child = startChild({
    name: 'kilat',
    command: [process.execPath, main, 'serve', '--target=all'],
    cwd: root,
    env,
    logFile: join(dataDir, 'logs', 'kilat.log'),
    // Less than a rollout gives: whoever ends it by hand does not wait for a long form or download.
    stopTimeoutMs: 20_000,
  });
  await untilReady(child, () => answers(`http://${env.ADMIN_LISTEN}/readyz`), stopping);
  return child;
}
