import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { execute } from './program.ts';
import { root } from './services.ts';

const bin = join(root, 'node_modules', '.bin');
const cruised = ['services', 'deploy', 'web', 'loadtests'].filter((folder) => existsSync(join(root, folder)));

/** Names every check of the sources and its command. */
const checks: Record<string, readonly string[]> = {
  'formatting and lint': [join(bin, 'biome'), 'check', '--error-on-warnings'],
  types: [join(bin, 'tsc'), '-p', 'tsconfig.json'],
  'pages (svelte-check)': ['pnpm', '--filter', '@kilat/web', 'run', 'check'],
  boundaries: [join(bin, 'depcruise'), '--config', '.dependency-cruiser.cjs', '--output-type', 'err-long', ...cruised],
  'unused code': [join(bin, 'knip'), '--no-progress', '--no-config-hints'],
};

/** Runs one check; answers what it said when it failed. */
async function failureOf(name: string, command: readonly string[]): Promise<string | undefined> {
  return await execute(command, { cwd: root }).then(
    () => undefined,
    (error: Error) => `--- ${name}: ${error.message}\n`,
  );
}

const started = Date.now();
const results = await Promise.all(Object.entries(checks).map(([name, command]) => failureOf(name, command)));
const failures = results.filter((result) => result !== undefined);
for (const failure of failures) process.stdout.write(`${failure}\n`);
const seconds = ((Date.now() - started) / 1000).toFixed(1);
const names = Object.keys(checks).join(', ');
process.stdout.write(
  `Checked ${names} in ${seconds} s: ${failures.length === 0 ? 'all well' : `${failures.length} failed`}.\n`,
);
process.exit(failures.length === 0 ? 0 : 1);
