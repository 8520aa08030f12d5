import { mkdtempSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Bring } from './bring.ts';
import { cacheFolder } from './cache.ts';
import { lock } from './lock.ts';
import { execute, isExecutable, onPath } from './program.ts';
import { say } from './progress.ts';
import { isAtLeast } from './version.ts';

/** Describes a server's binary: how to know it and how to get it. */
export interface Binary {
  name: string;
  /** The version that we bring. */
  version: string;
  /** The oldest version that is taken from PATH. */
  minimum: string;
  /** Its names on PATH. */
  programs: readonly string[];
  bring: Bring;
  /** What a person can do when it could not be brought. */
  waysOut: string;
}

/** Answers a binary's path: from the cache, from PATH when new enough, else brought into the cache. */
export async function resolveBinary(binary: Binary): Promise<string> {
  const cached = join(cacheFolder('bin'), `${binary.name}-${binary.version}`);
  if (isExecutable(cached)) return cached;
  return (await foundOnPath(binary)) ?? (await brought(binary, cached));
}

async function foundOnPath(binary: Binary): Promise<string | undefined> {
  for (const program of binary.programs) {
    const path = onPath(program);
    const version = path && (await versionOf(path));
    if (version && isAtLeast(version, binary.minimum)) return path;
    if (path) say(`${path} is ${version ?? 'of unknown version'}; ${binary.minimum} or newer is needed.`);
  }
  return undefined;
}

async function versionOf(path: string): Promise<string | undefined> {
  const printed = await execute([path, '--version']).catch(() => '');
  return /(\d+\.\d+(\.\d+)?)/.exec(printed)?.[1];
}

// One at a time on a machine: two compilers side by side take more memory than small machines have.
async function brought(binary: Binary, cached: string): Promise<string> {
  const folder = cacheFolder('bin');
  const waiting = (pid: number) => pid !== process.pid && say(`Waiting for process ${pid}, which gets servers too ...`);
  using _turn = await lock(join(folder, 'bring.lock'), waiting);
  if (isExecutable(cached)) return cached;
  const staging = mkdtempSync(join(folder, 'staging-'));
  try {
    renameSync(await binary.bring(staging, say), cached);
    return cached;
  } catch (error) {
    throw new Error(`${binary.name} ${binary.version} could not be brought. ${binary.waysOut}`, { cause: error });
  } finally {
    rmSync(staging, { recursive: true, force: true });
  }
}
