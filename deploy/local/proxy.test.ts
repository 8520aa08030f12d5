import { once } from 'node:events';
import { Agent, createServer, get, type IncomingMessage, type RequestListener, request, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterEach, expect, test } from 'vitest';
import { freePort } from './port.ts';
import { type Door, startProxy } from './proxy.ts';

const open: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of open.splice(0)) await close();
});

test('passes each path on to its target and says who asked', async () => {
  const api = await target((req, res) => res.end(JSON.stringify({ url: req.url, headers: req.headers })));
  const web = await target((_req, res) => res.end('page'));
  const { port } = await proxyOf({ '/api': api.url, '/': web.url });
  const seen = await fetch(`http://127.0.0.1:${port}/api/events?before=7`, {
    headers: { 'x-forwarded-for': '6.6.6.6', forwarded: 'for=6.6.6.6' },
  });
  const { url, headers } = (await seen.json()) as { url: string; headers: Record<string, string> };
  expect(url).toBe('/api/events?before=7');
  expect(headers).toMatchObject({
    'x-forwarded-for': '127.0.0.1',
    'x-forwarded-proto': 'http',
    'x-forwarded-host': `127.0.0.1:${port}`,
  });
  expect(headers.forwarded).toBeUndefined();
  expect(await (await fetch(`http://127.0.0.1:${port}/apples`)).text()).toBe('page');
});

test('passes a stream on as it comes and ends it when the client goes', async () => {
  let gone: Promise<unknown> = Promise.resolve();
  const live = await target((req, res) => {
    gone = once(res, 'close');
    res.writeHead(200, { 'content-type': 'text/event-stream' }).write(`data: ${req.method}\n\n`);
  });
  const { port } = await proxyOf({ '/live': live.url });
  const client = request({ port, path: '/live/events/1' }).end();
  const [answer] = (await once(client, 'response')) as [IncomingMessage];
  const [first] = (await once(answer, 'data')) as [Buffer];
  expect(first.toString()).toBe('data: GET\n\n');
  client.destroy();
  await gone;
});

test('passes an upload on as the target takes it, and holds none of it', async () => {
  const size = 96 * 1024 * 1024;
  const reading = Promise.withResolvers<void>();
  const upload = await target(async (req, res) => {
    await reading.promise;
    let bytes = 0;
    for await (const chunk of req) bytes += (chunk as Buffer).length;
    res.end(String(bytes));
  });
  const { port } = await proxyOf({ '/files': upload.url });
  const client = request({ port, method: 'PATCH', path: '/files/1', headers: { 'content-length': size } });
  const answered = once(client, 'response') as Promise<[IncomingMessage]>;
  const chunk = Buffer.alloc(1024 * 1024);
  for (let sent = 0; sent < size; sent += chunk.length) {
    if (client.write(chunk)) continue;
    const stalled = setTimeout(() => {
      expect(sent).toBeLessThan(size / 2);
      reading.resolve();
    }, 500);
    await once(client, 'drain');
    clearTimeout(stalled);
  }
  client.end();
  const [answer] = await answered;
  expect(await text(answer)).toBe(String(size));
});

test('hands an early refusal to a client that is still sending', async () => {
  const upload = await target((req, res) => {
    res.writeHead(415, { 'content-type': 'application/problem+json' }).write('{"code":');
    req.resume().on('end', () => res.end('"not_a_photo"}'));
  });
  const { port } = await proxyOf({ '/files': upload.url });
  const client = request({ port, method: 'PATCH', path: '/files/1', headers: { 'content-length': 4_000_000 } });
  client.write(Buffer.alloc(1_000_000));
  const [answer] = (await once(client, 'response')) as [IncomingMessage];
  expect(answer.statusCode).toBe(415);
  client.end(Buffer.alloc(3_000_000));
  expect(await text(answer)).toBe('{"code":"not_a_photo"}');
});

test('lets the target see an upload that the client cut', async () => {
  let cut: Promise<unknown> = Promise.resolve();
  const begun = Promise.withResolvers<void>();
  const upload = await target((req) => {
    cut = new Promise((resolve) => req.on('close', () => resolve(req.complete)));
    req.once('data', () => begun.resolve());
    req.on('error', () => {});
  });
  const { port } = await proxyOf({ '/files': upload.url });
  const client = request({ port, method: 'PATCH', path: '/files/1', headers: { 'content-length': 4_000_000 } });
  client.on('error', () => {});
  client.write(Buffer.alloc(100_000));
  await begun.promise;
  client.destroy();
  expect(await cut).toBe(false);
});

const failures: { name: string; path: string; listener: RequestListener | undefined }[] = [
  { name: 'is not running', path: '/files/1', listener: undefined },
  {
    name: 'is killed at the first bytes',
    path: '/files/2',
    listener: (req) => req.once('data', () => req.socket.destroy()),
  },
];
test.each(failures)('answers restarting, to an upload too, when the target $name', async ({ path, listener }) => {
  const upload = listener ? (await target(listener)).url : `http://127.0.0.1:${await freePort()}`;
  const { port } = await proxyOf({ '/files': upload });
  const client = request({ port, method: 'PATCH', path, headers: { 'content-length': 8_000_000 } });
  const answered = once(client, 'response') as Promise<[IncomingMessage]>;
  client.end(Buffer.alloc(8_000_000));
  const [answer] = await answered;
  expect(answer.statusCode).toBe(503);
  expect(answer.headers).toMatchObject({ 'retry-after': '2', 'content-type': 'application/problem+json' });
  expect(JSON.parse(await text(answer))).toMatchObject({ code: 'restarting', status: 503 });
});

test('shows a person a page that opens by itself while the pages are away', async () => {
  const { port } = await proxyOf({ '/': `http://127.0.0.1:${await freePort()}` });
  const answer = await fetch(`http://127.0.0.1:${port}/e/1`, { headers: { accept: 'text/html,*/*' } });
  expect(answer.status).toBe(503);
  expect(await answer.text()).toContain('http-equiv="refresh"');
});

test('lets a running request end after it stopped taking new ones', async () => {
  const arrived = Promise.withResolvers<void>();
  const finish = Promise.withResolvers<void>();
  const api = await target(async (_req, res) => {
    arrived.resolve();
    await finish.promise;
    res.end('done');
  });
  const { port, proxy } = await proxyOf({ '/api': api.url });
  const answer = fetch(`http://127.0.0.1:${port}/api`);
  await arrived.promise;
  const drained = proxy.drain();
  await expect(fetch(`http://127.0.0.1:${port}/api`)).rejects.toThrow();
  finish.resolve();
  expect(await (await answer).text()).toBe('done');
  await drained;
});

test('while it leaves it takes requests, and tells that their connections end', async () => {
  const api = await target((_req, res) => res.end('done'));
  const { port, proxy } = await proxyOf({ '/api': api.url });
  const drained = proxy.drain(1_000);
  const answer = await fetch(`http://127.0.0.1:${port}/api`);
  expect([await answer.text(), answer.headers.get('connection')]).toEqual(['done', 'close']);
  await drained;
  await expect(fetch(`http://127.0.0.1:${port}/api`)).rejects.toThrow();
});

test('keeps no connection to an address of several replicas, and its clients notice nothing of that', async () => {
  const api = await target((req, res) => res.end(String(req.socket.remotePort)));
  const { port } = await proxyOf({ '/api': api.url }, { balanced: true });
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  open.push(() => agent.destroy());
  const ask = async () => {
    const [answer] = (await once(get({ port, path: '/api', agent }), 'response')) as [IncomingMessage];
    const by = answer.socket.localPort;
    return { from: await text(answer), by };
  };
  const [first, second] = [await ask(), await ask()];
  expect(second.from).not.toBe(first.from);
  expect(second.by).toBe(first.by);
});

async function target(listener: RequestListener): Promise<{ url: string; server: Server }> {
  const server = createServer(listener).listen(0, '127.0.0.1');
  await once(server, 'listening');
  open.push(() => {
    server.closeAllConnections();
    server.close();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, server };
}

async function proxyOf(
  routes: Record<string, string>,
  options: { balanced?: boolean } = {},
): Promise<{ port: number; proxy: Door }> {
  const port = await freePort();
  const proxy = await startProxy({ host: '127.0.0.1', port, tls: undefined, routes, ...options });
  open.unshift(async () => {
    proxy.cut();
    await proxy.drain();
  });
  return { port, proxy };
}
