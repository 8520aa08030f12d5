import { goInstall } from '../bring.ts';
import { freePort } from '../port.ts';
import { answers } from '../ready.ts';
import { type Binary, resolveBinary } from '../resolve.ts';
import { type Server, type ServerOptions, startServer } from './server.ts';

/** Tells how toxiproxy is known and brought. */
const toxiproxyBinary: Binary = {
  name: 'toxiproxy',
  version: '2.12.0',
  minimum: '2.5',
  programs: ['toxiproxy-server'],
  bring: goInstall('github.com/Shopify/toxiproxy/v2/cmd/server@v2.12.0', 'server'),
  waysOut: 'Install Go 1.26 or newer, or put toxiproxy-server 2.5 or newer on PATH.',
};

/** Is what a link does to the bytes that pass, by the names and attributes of toxiproxy; both ways where `stream` lacks. */
export interface Toxic {
  type: 'latency' | 'bandwidth' | 'reset_peer' | 'timeout';
  stream?: 'upstream' | 'downstream';
  /** Is the share of connections that it is for, from 0 to 1; all unless told. */
  toxicity?: number;
  attributes: Record<string, number>;
}

/** Is a connection between two processes that can be made bad. */
export interface Link {
  readonly name: string;
  /** Is where the client connects instead, as host:port. */
  readonly address: string;
  /** Makes it bad; the answered function makes it good again. Connections that it held up end by then. */
  poison(toxic: Toxic): Promise<() => Promise<void>>;
  /** Refuses new connections and ends the open ones, or takes them again. */
  open(isOpen: boolean): Promise<void>;
}

/** Is a running toxiproxy. */
export interface Toxiproxy extends Server {
  /** Carries connections to a server, given as host:port. */
  link(name: string, upstream: string): Promise<Link>;
}

/** Starts toxiproxy, whose toxics follow a seed. */
export async function startToxiproxy({ dataDir, seed }: ServerOptions & { seed: number }): Promise<Toxiproxy> {
  const [command, port] = await Promise.all([resolveBinary(toxiproxyBinary), freePort()]);
  const api = `http://127.0.0.1:${port}`;
  const flags = ['-host', '127.0.0.1', '-port', String(port), '-seed', String(seed)];
  // It says each connection and each toxic at its usual level.
  const program = { name: 'toxiproxy', command: [command, ...flags], env: { ...process.env, LOG_LEVEL: 'error' } };
  const server = await startServer({ ...program, dataDir }, {}, () => answers(`${api}/version`));
  return { ...server, link: (name, upstream) => openLink(api, name, upstream) };
}

async function openLink(api: string, name: string, upstream: string): Promise<Link> {
  const address = `127.0.0.1:${await freePort()}`;
  await call(`${api}/proxies`, 'POST', { name, listen: address, upstream, enabled: true });
  let added = 0;
  return {
    name,
    address,
    async poison({ stream, toxicity = 1, ...toxic }) {
      const streams = stream === undefined ? ['upstream', 'downstream'] : [stream];
      const names = streams.map(() => `toxic-${++added}`);
      for (const [at, name_] of names.entries())
        await call(`${api}/proxies/${name}/toxics`, 'POST', { ...toxic, toxicity, name: name_, stream: streams[at] });
      return async () => {
        for (const name_ of names) await call(`${api}/proxies/${name}/toxics/${name_}`, 'DELETE');
      };
    },
    open: (enabled) => call(`${api}/proxies/${name}`, 'POST', { enabled }),
  };
}

async function call(url: string, method: 'POST' | 'DELETE', body?: object): Promise<void> {
  const answer = await fetch(url, { method, ...(body !== undefined && { body: JSON.stringify(body) }) });
  if (!answer.ok) throw new Error(`toxiproxy: ${method} ${url}: ${answer.status} ${await answer.text()}`);
}
