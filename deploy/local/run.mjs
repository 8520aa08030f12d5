// Runs a task of this repository under the Node and pnpm named here, whatever Node started it.
// Plain JavaScript on purpose: it must run under any Node from 20 up, before anything is installed.
import { spawn } from 'node:child_process';
import { accessSync, constants, existsSync, mkdirSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const NODE = '24.21.0';
const PNPM = '12.21.0';

const root = fileURLToPath(new URL('../..', import.meta.url));
const cache = join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'kilat');
const tools = join(cache, `tools-node-${NODE}-pnpm-${PNPM}`);
const bin = join(tools, 'node_modules', '.bin');
const env = { ...process.env, PATH: [bin, process.env.PATH].join(delimiter) };

/** Names the file that does each task; its arguments follow. */
const tasks = {
  start: ['deploy/local/start.ts'],
  test: ['deploy/local/test.ts'],
  'test:full': ['deploy/local/test.ts', '--full'],
  check: ['deploy/local/check.ts'],
  kilat: ['deploy/local/kilat.ts'],
  faults: ['services/faults/main.ts'],
  bench: ['services/bench/main.ts'],
  image: ['deploy/images/build.ts'],
  cluster: ['deploy/cluster/main.ts'],
};

/** Tells whether a program can be found on PATH. */
function onPath(name) {
  return (process.env.PATH ?? '').split(delimiter).some((folder) => {
    try {
      accessSync(join(folder, name), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

/** Runs one command to its end and passes signals on; what it does not print itself is printed when it fails. */
function run(command, args, { quiet = false } = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd: root, env, stdio: quiet ? ['ignore', 'pipe', 'pipe'] : 'inherit' });
    const said = [];
    child.stdout?.on('data', (chunk) => said.push(chunk));
    child.stderr?.on('data', (chunk) => said.push(chunk));
    const forward = (signal) => child.kill(signal);
    const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'];
    for (const signal of signals) process.on(signal, forward);
    child.on('error', reject);
    child.on('close', (code, signal) => {
      for (const name of signals) process.off(name, forward);
      if (quiet && code !== 0) process.stderr.write(Buffer.concat(said));
      resolve(signal ? 1 : code);
    });
  });
}

/** Runs one command that must succeed, and leaves with its code when it does not. */
async function must(command, args, options) {
  const code = await run(command, args, options);
  if (code !== 0) process.exit(code);
}

/** Brings Node and pnpm into the user's cache once; an interrupted or a parallel first run leaves no half of it. */
async function bringTools() {
  if (existsSync(join(bin, 'node')) && existsSync(join(bin, 'pnpm'))) return;
  console.log(`Fetching Node ${NODE} and pnpm ${PNPM} (once per user) ...`);
  mkdirSync(cache, { recursive: true });
  const staging = mkdtempSync(join(cache, 'staging-'));
  const discard = () => rmSync(staging, { recursive: true, force: true });
  process.on('exit', discard);
  const flags = [
    '--no-save',
    '--no-package-lock',
    '--no-audit',
    '--no-fund',
    '--no-update-notifier',
    '--loglevel=error',
  ];
  await must('npm', ['install', '--prefix', staging, ...flags, `node@${NODE}`, `pnpm@${PNPM}`], { quiet: true });
  try {
    renameSync(staging, tools);
  } catch (error) {
    if (!existsSync(join(bin, 'node'))) throw error; // else another first run was quicker
  }
}

/** Installs exactly what the lockfile names; says nothing when nothing has changed. */
async function installPackages() {
  if (!existsSync(join(root, 'node_modules', '.modules.yaml'))) console.log('Installing packages ...');
  await must('pnpm', ['install', '--frozen-lockfile', '--prefer-offline'], { quiet: true });
}

const [name = 'start', ...rest] = process.argv.slice(2);
const task = tasks[name];
if (!task) {
  console.error(`There is no task ${name}; there are: ${Object.keys(tasks).join(', ')}.`);
  process.exit(2);
}
await bringTools();
await installPackages();
// A killed bootstrap takes its task along, so that not even kill -9 leaves an orphan (Linux only).
const guard = onPath('setpriv') ? ['setpriv', '--pdeathsig', 'TERM'] : [];
const [command, ...args] = [...guard, join(bin, 'node'), ...task, ...rest];
process.exit(await run(command, args));
