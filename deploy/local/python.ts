import { existsSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { cacheFolder } from './cache.ts';
import { lock } from './lock.ts';
import { execute, onPath } from './program.ts';
import { type Say, stillAt } from './progress.ts';

/** Is a Python with packages: its program, and what PYTHONPATH must hold for it. */
export interface Python {
  program: string;
  path: string;
}

/**
 * Brings pinned packages of the Python index for tests, once per user and version of Python. Throws what is missing:
 * python3, pip, or the index.
 */
export async function ensurePython(name: string, requirements: readonly string[], say: Say): Promise<Python> {
  const program = onPath('python3');
  if (program === undefined) throw new Error(`The tests with ${name} need python3 on PATH.`);
  const tag = ['-c', 'import sys, sysconfig; print(sys.implementation.cache_tag, sysconfig.get_platform())'];
  const version = (await execute([program, ...tag])).trim().replaceAll(' ', '-');
  const folder = cacheFolder('python');
  const path = join(folder, `${name}-${version}`);
  using _turn = await lock(join(folder, 'bring.lock'), (pid) =>
    say(`Waiting for process ${pid}, which gets it too ...`),
  );
  if (!existsSync(path)) await install(program, requirements, { folder, path, say });
  return { program, path };
}

async function install(
  program: string,
  requirements: readonly string[],
  { folder, path, say }: { folder: string; path: string; say: Say },
): Promise<void> {
  const staging = mkdtempSync(join(folder, 'staging-'));
  say(`Fetching ${requirements.join(', ')} from the Python index (once per user) ...`);
  using _still = stillAt('fetching Python packages', say);
  const options = ['--only-binary=:all:', '--quiet', '--disable-pip-version-check', '--target', staging];
  try {
    await execute([program, '-m', 'pip', 'install', ...options, ...requirements]);
    renameSync(staging, path);
  } catch (cause) {
    throw new Error(`python3 could not get ${requirements.join(', ')}: it needs pip and the Python index.`, { cause });
  } finally {
    rmSync(staging, { recursive: true, force: true });
  }
}
