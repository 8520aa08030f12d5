import {
  appendFileSync,
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  realpathSync,
  rmSync,
  symlinkSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { cacheFolder } from '../local/cache.ts';
import { execute, onPath } from '../local/program.ts';
import { type Say, stillAt } from '../local/progress.ts';
import type { Builder } from './builder.ts';

const authorities = '/etc/ssl/certs/ca-certificates.crt';

/**
 * Makes the image from which all others are built, under the name that the Dockerfiles give it: Debian, and the Node that
 * runs this. It takes two minutes and is kept.
 */
export async function ensureBase(run: Builder, image: string, tell: Say): Promise<void> {
  if (
    await run('podman', 'image', 'exists', image).then(
      () => true,
      () => false,
    )
  )
    return;
  tell(`Making ${image} from Debian's packages and this Node (once per user, 2 minutes, 250 MB) ...`);
  using _still = stillAt('making the base image', tell);
  const staging = mkdtempSync(join(cacheFolder('images'), 'staging-'));
  const root = join(staging, 'root');
  try {
    const options = ['--variant=minbase', '--include=ca-certificates'];
    await run('debootstrap', ...options, await release(), root, await mirror());
    addNode(root);
    await execute([
      'tar',
      '--create',
      '--file',
      join(staging, 'root.tar'),
      '--directory',
      root,
      '--exclude=./var/cache/apt/*',
      '.',
    ]);
    // Whatever this machine trusts, the steps that reach for packages trust too.
    const trust = existsSync(authorities) ? ['--change', `ENV NODE_EXTRA_CA_CERTS=${authorities}`] : [];
    await run('podman', 'import', '--quiet', ...trust, join(staging, 'root.tar'), image);
  } finally {
    rmSync(staging, { recursive: true, force: true });
  }
}

function addNode(root: string): void {
  // As in the public image: some programs want their user to have a name.
  appendFileSync(join(root, 'etc/passwd'), 'node:x:1000:1000::/home/node:/bin/bash\n');
  appendFileSync(join(root, 'etc/group'), 'node:x:1000:\n');
  copyFileSync(realpathSync(process.execPath), join(root, 'usr/local/bin/node'));
  const npm = onPath('npm');
  if (npm === undefined) throw new Error('npm is not on PATH.');
  const modules = join(root, 'usr/local/lib/node_modules');
  mkdirSync(modules, { recursive: true });
  cpSync(dirname(dirname(realpathSync(npm))), join(modules, 'npm'), { recursive: true });
  for (const name of ['npm', 'npx']) {
    symlinkSync(`../lib/node_modules/npm/bin/${name}-cli.js`, join(root, 'usr/local/bin', name));
  }
  if (existsSync(authorities)) copyFileSync(authorities, join(root, authorities));
}

async function release(): Promise<string> {
  return (await execute(['bash', '-c', '. /etc/os-release; echo $VERSION_CODENAME'])).trim();
}

// The mirror that this machine's apt asks.
async function mirror(): Promise<string> {
  const [site] = (await execute(['apt-get', 'indextargets', '--format', '$(SITE)'])).split('\n');
  if (!site) throw new Error('apt-get knows no mirror.');
  return site;
}
