import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect, createServer, type Server } from 'node:net';
import { inRoom, type Room } from './rooms.ts';

/**
 * Lets this machine alone reach an address within a room: listens here, and answers from a process in there, to which the
 * listening socket is handed over. Answers the port.
 */
export async function openDoor(room: Room, host: string, port: number): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const [program = '', ...args] = inRoom(room, [process.execPath, import.meta.filename, host, String(port)]);
  const child = spawn(program, args, { detached: true, stdio: ['ignore', 'ignore', 'ignore', 'ipc'] });
  child.send('listen', server);
  await once(child, 'message');
  child.disconnect();
  child.unref();
  server.close();
  return typeof address === 'object' && address ? address.port : 0;
}

function passOn(server: Server, host: string, port: number): void {
  server.on('connection', (from) => {
    const to = connect(port, host);
    from.pipe(to).pipe(from);
    for (const [one, other] of [
      [from, to],
      [to, from],
    ] as const) {
      one.on('error', () => other.destroy());
      one.on('close', () => other.destroy());
    }
  });
}

if (process.argv[1] === import.meta.filename) {
  const [host = '', port] = process.argv.slice(2);
  process.once('message', (_word, server: Server) => {
    passOn(server, host, Number(port));
    process.send?.('open');
  });
}
