import { resolveBinary } from '../resolve.ts';
import { natsBinary, startNats } from './nats.ts';
import { objectStoreBinary, startObjectStore } from './objectstore.ts';
import { startPostgres } from './postgres.ts';
import { redisBinary, startRedis } from './redis.ts';
import type { Server, ServerOptions } from './server.ts';

/** Starts each server by its name. */
export const starters = {
  postgres: startPostgres,
  nats: startNats,
  objectstore: startObjectStore,
  redis: startRedis,
} satisfies Record<string, (options: ServerOptions) => Promise<Server>>;

/** Names one of the servers. */
export type ServerName = keyof typeof starters;

/** Lists the names of all servers. */
export const serverNames = Object.keys(starters) as ServerName[];

/** Is a set of servers that run side by side, with what the clients of all need to know. */
export interface Servers extends AsyncDisposable {
  readonly env: Record<string, string>;
  readonly servers: readonly Server[];
  stop(): Promise<void>;
}

/** Starts servers side by side, all unless named; when one fails, the others are stopped again. */
export async function startServers(options: {
  dataDir: string;
  ports?: Partial<Record<ServerName, number>>;
  names?: readonly ServerName[];
}): Promise<Servers> {
  const names = options.names ?? serverNames;
  const started = await Promise.allSettled(
    names.map((name) => starters[name]({ dataDir: options.dataDir, port: options.ports?.[name] })),
  );
  const servers = started.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []));
  const stop = async () => void (await Promise.all(servers.map((server) => server.stop())));
  const failed = started.find((result) => result.status === 'rejected');
  if (failed) {
    await stop();
    throw failed.reason;
  }
  return { env: Object.assign({}, ...servers.map((server) => server.env)), servers, stop, [Symbol.asyncDispose]: stop };
}

/** Brings the binaries of the servers that this machine lacks, so that starting one takes no longer than it should. */
export async function bringServers(): Promise<void> {
  const needed = [
    ...(process.env.NATS_URL ? [] : [natsBinary]),
    ...(process.env.S3_ENDPOINT ? [] : [objectStoreBinary]),
    ...(process.env.REDIS_URL ? [] : [redisBinary]),
  ];
  await Promise.allSettled(needed.map(resolveBinary)); // one that cannot be brought is reported where it is started
}
