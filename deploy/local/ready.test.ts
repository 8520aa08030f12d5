import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { startChild } from './child.ts';
import { freePort } from './port.ts';
import { answers, untilReady } from './ready.ts';
import { temporaryFolder } from './temporary.ts';

function run(code: string) {
  return startChild({
    name: 'program',
    command: [process.execPath, '-e', code],
    logFile: join(temporaryFolder(), 'program.log'),
  });
}

async function serverOf(listener: RequestListener): Promise<AsyncDisposable & { url: string }> {
  const server = createServer(listener).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/readyz`;
  return { url, [Symbol.asyncDispose]: () => server[Symbol.asyncDispose]() };
}

test('a program that has ended is not ready, whoever answers on its port', async () => {
  await using stranger = await serverOf((_req, res) => res.end('well'));
  await using child = run(`console.log('the port is taken'); process.exit(1)`);
  await child.exited;
  await expect(untilReady(child, () => answers(stranger.url))).rejects.toThrow(/did not get ready.*the port is taken/s);
});

test('says what was answered last by a program that did not get ready', async () => {
  await using child = run('setInterval(() => {}, 1_000)');
  await using waiting = await serverOf((_req, res) => {
    res.writeHead(503).end('{"problems":["api: starting"]}', () => child.kill());
  });
  await expect(untilReady(child, () => answers(waiting.url))).rejects.toThrow(
    'program did not get ready (503 {"problems":["api: starting"]}). Its log says:',
  );
});

test('says why nothing was answered', async () => {
  expect(await answers(`http://127.0.0.1:${await freePort()}/`)).toMatch(/^fetch failed: connect ECONNREFUSED/);
});
