import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

/** Is a running balancer; `cuts` counts the connections that it broke. */
export interface Balancer extends AsyncDisposable {
  url: string;
  cuts: number;
}

/** Says how many of a connection's bytes may pass before it is cut; undefined lets all pass. */
export type CutAfter = () => number | undefined;

/**
 * Starts a balancer on loopback that gives each connection to the next replica that is up, and cuts some at a random byte.
 * The replicas are looked up anew for each connection: they may move.
 */
export async function startBalancer(replicas: readonly string[], cutAfter: CutAfter): Promise<Balancer> {
  const open = new Set<Socket>();
  const balancer = { url: '', cuts: 0 };
  let turn = 0;
  const server = createServer((client) => {
    turn += 1;
    open.add(client);
    client.on('error', () => {}).once('close', () => open.delete(client));
    const ports = replicas.map((url) => Number(new URL(url).port));
    const order = ports.map((_, at) => ports[(turn + at) % ports.length] ?? 0);
    joinFirst(client, order, (bytes) => {
      const most = cutAfter();
      if (most === undefined) return;
      bytes.on('data', () => {
        if (bytes.bytesRead < most || bytes.destroyed) return;
        balancer.cuts += 1;
        bytes.destroy();
      });
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  balancer.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return Object.assign(balancer, {
    async [Symbol.asyncDispose]() {
      for (const socket of open) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  });
}

function joinFirst(client: Socket, ports: readonly number[], joined: (client: Socket) => void): void {
  const [port, ...others] = ports;
  if (port === undefined || client.destroyed) return void client.destroy();
  const replica = connect(port, '127.0.0.1');
  const refused = () => joinFirst(client, others, joined);
  replica.once('error', refused);
  replica.once('connect', () => {
    replica.off('error', refused).on('error', () => client.destroy());
    replica.once('close', () => client.destroy());
    client.once('close', () => replica.destroy());
    client.pipe(replica).pipe(client);
    joined(client);
  });
}
