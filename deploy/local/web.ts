import { existsSync, readdirSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Child, startChild } from './child.ts';
import type { Instance } from './instance.ts';
import { lock } from './lock.ts';
import { execute } from './program.ts';
import { type Say, stillAt } from './progress.ts';
import { listens, untilReady } from './ready.ts';
import { root } from './services.ts';

const web = join(root, 'web');
const built = join(web, 'build', 'index.js');
const stamp = join(web, 'build', '.built');
const sources = ['src', 'static', 'package.json', 'vite.config.ts', '../services/contract', '../pnpm-lock.yaml'];

/** Builds the web pages when their sources are newer than the last build. */
export async function buildWeb(say: Say): Promise<void> {
  if (isFresh()) return;
  using _turn = await lock(join(root, 'node_modules', '.web-build.lock'), () =>
    say('Waiting for another build of the pages ...'),
  );
  if (isFresh()) return;
  say('Building the pages ...');
  using _still = stillAt('building the pages', say);
  const started = new Date();
  await execute(['pnpm', '--filter', '@kilat/web', 'run', 'build'], { cwd: root });
  writeFileSync(stamp, '');
  utimesSync(stamp, started, started); // what was changed during the build is newer than it
}

/** Starts the web server; it is told no secret and no database. */
export async function startWeb(
  options: { instance: Instance; origin: string; dataDir: string; bucketOrigin: string | undefined },
  stopping?: AbortSignal,
): Promise<Child> {
  const { ports } = options.instance;
  const child = startChild({
    name: 'web',
    command: [process.execPath, built],
    cwd: web,
    env: {
      PATH: process.env.PATH,
      HOME: process.env.HOME,
      TZ: process.env.TZ,
      LANG: process.env.LANG,
      HOST: '127.0.0.1',
      PORT: String(ports.web),
      // The address in links is the one that the visitor came by; the proxy writes these headers itself.
      PROTOCOL_HEADER: 'x-forwarded-proto',
      HOST_HEADER: 'x-forwarded-host',
      API_URL: `http://127.0.0.1:${ports.api}`,
      BUCKET_ORIGIN: options.bucketOrigin,
      ADDRESS_HEADER: 'x-forwarded-for',
      BODY_SIZE_LIMIT: '64K',
      SHUTDOWN_TIMEOUT: '5',
    },
    logFile: join(options.dataDir, 'logs', 'web.log'),
  });
  await untilReady(child, () => listens(`http://127.0.0.1:${ports.web}/favicon.svg`), stopping);
  return child;
}

function isFresh(): boolean {
  if (!existsSync(built) || !existsSync(stamp)) return false;
  const since = statSync(stamp).mtimeMs;
  return sources.every((source) => newest(join(web, source)) <= since);
}

function newest(path: string): number {
  const found = statSync(path, { throwIfNoEntry: false });
  if (!found?.isDirectory()) return found?.mtimeMs ?? 0;
  const inside = readdirSync(path).filter((name) => name !== 'node_modules');
  return Math.max(found.mtimeMs, ...inside.map((name) => newest(join(path, name))));
}
