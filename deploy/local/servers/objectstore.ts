import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { archiveOr } from '../archive.ts';
import { goInstall } from '../bring.ts';
import { syncFolder } from '../durable.ts';
import { freePort } from '../port.ts';
import { answers } from '../ready.ts';
import { type Binary, resolveBinary } from '../resolve.ts';
import { keptSecret } from './secret.ts';
import { externalServer, given, type Server, type ServerOptions, startServer } from './server.ts';

const ACCESS_KEY = 'kilat';
const BUCKET = 'kilat';
const REGION = 'us-east-1';
const VARIABLES = ['S3_ENDPOINT', 'S3_BUCKET', 'S3_ACCESS_KEY_ID', 'S3_SECRET_ACCESS_KEY'];

/** Tells how the S3 server is known and brought. */
export const objectStoreBinary: Binary = {
  name: 'versitygw',
  version: '1.8.0',
  minimum: '1.8',
  programs: ['versitygw'],
  bring: archiveOr(
    'KILAT_VERSITYGW_ARCHIVE',
    'versitygw',
    goInstall('github.com/versity/versitygw/cmd/versitygw@v1.8.0', 'versitygw'),
  ),
  waysOut: `Install Go 1.26 or newer, or Python 3 with pip, or put versitygw 1.8 or newer on PATH, or set KILAT_VERSITYGW_ARCHIVE, or ${VARIABLES.join(', ')}.`,
};

/** Tells clients of the S3 server of a data folder, which listens on a port. */
export function objectStoreAddress({ dataDir, port }: { dataDir: string; port: number }): Record<string, string> {
  const folder = join(dataDir, 'objects');
  const side = join(folder, 'side');
  return {
    S3_ENDPOINT: `http://127.0.0.1:${port}`,
    S3_REGION: REGION,
    S3_BUCKET: BUCKET,
    // It does not sync what it writes: whoever commits on the strength of it does.
    S3_SYNC_FOLDER: join(folder, 'root'),
    ...(existsSync(side) && { S3_SYNC_SIDECAR: side }),
    S3_ACCESS_KEY_ID: ACCESS_KEY,
    S3_SECRET_ACCESS_KEY: keptSecret(join(folder, 'secret')),
  };
}

/** Starts the S3 server on a folder, with one bucket made; its metadata lie beside it where the disk has no extended attributes. */
export async function startObjectStore(options: ServerOptions): Promise<Server> {
  const external = options.own ? undefined : given(VARIABLES);
  if (external) return externalServer('objectstore', { S3_REGION: process.env.S3_REGION || REGION, ...external });
  const [command, port] = await Promise.all([resolveBinary(objectStoreBinary), options.port ?? freePort()]);
  const folder = join(options.dataDir, 'objects');
  // A folder below the root is a bucket: making it needs no signed request and works before the server runs.
  mkdirSync(join(folder, 'root', BUCKET), { recursive: true, mode: 0o700 });
  syncFolder(join(folder, 'root', BUCKET));
  const secret = keptSecret(join(folder, 'secret'));
  const start = () => run({ ...options, command, port, folder, secret });
  return await start().catch((error: Error) => {
    if (!error.message.includes('xattr')) throw error;
    mkdirSync(join(folder, 'side')); // this disk has no extended attributes: from now on metadata are files
    return start();
  });
}

interface Run extends ServerOptions {
  command: string;
  port: number;
  folder: string;
  secret: string;
}

async function run({ command, port, folder, secret, dataDir, stopping }: Run): Promise<Server> {
  const flags = ['--port', `127.0.0.1:${port}`, '--region', REGION, '--health', '/healthz', '--keep-alive', '--quiet'];
  // Browsers put photos here by signed URLs, which are all the right that they need.
  flags.push('--cors-allow-origin', '*');
  const side = join(folder, 'side');
  const backend = ['posix', ...(existsSync(side) ? ['--sidecar', side] : []), join(folder, 'root')];
  return await startServer(
    {
      name: 'objectstore',
      command: [command, ...flags, ...backend],
      env: { PATH: process.env.PATH, ROOT_ACCESS_KEY_ID: ACCESS_KEY, ROOT_SECRET_ACCESS_KEY: secret },
      dataDir,
      stopping,
    },
    objectStoreAddress({ dataDir, port }),
    () => answers(`http://127.0.0.1:${port}/healthz`),
  );
}
