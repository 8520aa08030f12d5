import { once } from 'node:events';
import { Agent, get, type IncomingMessage } from 'node:http';
import { connect } from 'node:net';
import { expect, test } from 'vitest';
import { freePort } from '../../../deploy/local/port.ts';
import { silentLog } from '../log/log.ts';
import { listen, openApp } from './httpserver.ts';

async function slowServer({ drainSeconds, leaving }: { drainSeconds?: number; leaving?: AbortSignal } = {}) {
  const [entered, leave] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  const app = openApp({ log: silentLog(), trustProxy: [], leaving });
  app.get('/slow', async () => {
    entered.resolve();
    await leave.promise;
    return { done: true };
  });
  app.get('/raw', async (_req, reply) => {
    reply.hijack();
    entered.resolve();
    await leave.promise;
    reply.raw.end('done');
  });
  app.get('/quick', async () => ({ done: true }));
  const port = await freePort();
  const server = await listen(app, { host: '127.0.0.1', port }, drainSeconds);
  return { url: `http://127.0.0.1:${port}`, port, server, entered: entered.promise, leave: leave.resolve };
}

test.each(['/slow', '/raw'])(
  'what runs at %s when the server closes is answered, and told that its connection ends',
  async (path) => {
    const { url, server, entered, leave } = await slowServer();
    const running = fetch(`${url}${path}`);
    await entered;
    const closing = server[Symbol.asyncDispose]();
    await expect(fetch(`${url}/quick`)).rejects.toThrow(); // no new connection is taken
    leave();
    const answer = await running;
    expect([answer.status, answer.headers.get('connection')]).toEqual([200, 'close']);
    await closing;
  },
);

test('a server that leaves goes on, and tells that connections end', async () => {
  const leaving = new AbortController();
  const { url, server } = await slowServer({ leaving: leaving.signal });
  const before = await fetch(`${url}/quick`);
  leaving.abort();
  const after = await fetch(`${url}/quick`);
  expect([before, after].map(({ headers }) => headers.get('connection'))).toEqual(['keep-alive', 'close']);
  await server[Symbol.asyncDispose]();
});

test('a request that takes longer than it may is cut', async () => {
  const { url, server, entered, leave } = await slowServer({ drainSeconds: 0.1 });
  const running = fetch(`${url}/slow`);
  await entered;
  await Promise.all([expect(running).rejects.toThrow(), server[Symbol.asyncDispose]()]);
  leave();
});

test('a connection that was opened and never used does not hold the server', async () => {
  const { port, server } = await slowServer({ drainSeconds: 600 });
  const unused = connect(port, '127.0.0.1');
  await once(unused, 'connect');
  await Promise.all([once(unused, 'close'), server[Symbol.asyncDispose]()]);
});

test('a kept connection without a request does not hold the server', async () => {
  const { url, server } = await slowServer();
  const agent = new Agent({ keepAlive: true });
  const [answer] = (await once(get(`${url}/quick`, { agent }), 'response')) as [IncomingMessage];
  await once(answer.resume(), 'end');
  await server[Symbol.asyncDispose]();
  await expect(fetch(`${url}/quick`)).rejects.toThrow();
  agent.destroy();
});
