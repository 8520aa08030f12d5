import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { cacheFolder } from '../local/cache.ts';
import { lock } from '../local/lock.ts';
import { execute, onPath } from '../local/program.ts';
import { type Say, stillAt } from '../local/progress.ts';

const packages = {
  server: ['etcd-server'],
  node: ['containerd', 'runc', 'containernetworking-plugins', 'nftables', 'conntrack'],
  images: ['buildah', 'podman', 'conmon', 'debootstrap'],
};

/**
 * Answers a folder with Debian's packages for a cluster, and with what they need and this machine lacks, fetched once per
 * user and never installed. Throws where apt-get or a mirror is missing.
 */
export async function debianRoot(tell: Say): Promise<string> {
  if (!onPath('apt-get') || !onPath('dpkg')) throw new Error('A cluster on one machine needs Debian 12 or its like.');
  const names = Object.values(packages).flat();
  const key = createHash('sha256')
    .update(`${names}${readFileSync('/etc/os-release', 'utf8')}`)
    .digest('hex');
  const folder = join(cacheFolder('debian'), key.slice(0, 12));
  using _turn = await lock(join(cacheFolder('debian'), 'bring.lock'), (pid) => tell(`Waiting for process ${pid} ...`));
  if (!existsSync(folder)) await fetchInto(folder, names, tell);
  return folder;
}

async function fetchInto(folder: string, names: readonly string[], tell: Say): Promise<void> {
  tell(`Fetching ${names.join(', ')} from Debian (once per user, 70 MB; nothing is installed) ...`);
  using _still = stillAt('fetching packages', tell);
  const staging = mkdtempSync(join(cacheFolder('debian'), 'staging-'));
  const [archives, root] = ['archives', 'root'].map((name) => join(staging, name)) as [string, string];
  mkdirSync(archives);
  mkdirSync(root);
  try {
    await execute(['apt-get', 'download', '-qq', ...(await lacking(names))], { cwd: archives });
    for (const name of readdirSync(archives)) await execute(['dpkg', '-x', join(archives, name), root]);
    renameSync(root, folder);
  } finally {
    rmSync(staging, { recursive: true, force: true });
  }
}

// What apt would install says what is missing here, dependencies and all.
async function lacking(names: readonly string[]): Promise<string[]> {
  const ask = ['apt-get', 'install', '--print-uris', '--reinstall', '-qq', '-y', '--no-install-recommends', ...names];
  const printed = await execute(ask).catch(async () => {
    await execute(['apt-get', 'update', '-qq']);
    return await execute(ask);
  });
  return [...printed.matchAll(/^'[^']+' ([^_\s]+)_/gm)].map(([, name]) => name ?? '');
}
