import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { execute, onPath } from './program.ts';
import type { Say } from './progress.ts';
import { type Binary, resolveBinary } from './resolve.ts';

/** Tells how promtool is known and brought: out of Debian's package, which need not be installed. */
const promtoolBinary: Binary = {
  name: 'promtool',
  version: 'debian',
  minimum: '2.42',
  programs: ['promtool'],
  bring: fromDebian,
  waysOut: 'Put promtool 2.42 or newer on PATH: it is part of Prometheus.',
};

async function fromDebian(folder: string, tell: Say): Promise<string> {
  const [aptGet, dpkg] = [onPath('apt-get'), onPath('dpkg-deb')];
  if (aptGet === undefined || dpkg === undefined) throw new Error('There is no apt-get here.');
  tell("Fetching promtool out of Debian's prometheus (once per user, 19 MB) ...");
  await execute([aptGet, 'download', '--quiet', 'prometheus'], { cwd: folder });
  const archive = (await readdir(folder)).find((name) => name.endsWith('.deb'));
  if (archive === undefined) throw new Error('apt-get brought nothing.');
  await execute([dpkg, '--extract', join(folder, archive), folder]);
  return join(folder, 'usr', 'bin', 'promtool');
}

/** Answers the path of promtool. */
export function promtool(): Promise<string> {
  return resolveBinary(promtoolBinary);
}
