import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { expect, test } from 'vitest';
import { environmentOf, openTestEvent } from '#internal/events/eventtest.ts';
import { startCollector } from '#internal/trace/collectortest.ts';
import { patienceMs } from '../deploy/local/patience.ts';
import { freePort } from '../deploy/local/port.ts';
import { execute } from '../deploy/local/program.ts';
import { temporaryFolder } from '../deploy/local/temporary.ts';
import { serve } from './serve.ts';

test('what ends a process is reported before it ends, without a value of its settings', async () => {
  await using collector = await startCollector();
  const env = {
    SENTRY_DSN: `${collector.url.replace('http://', 'http://key@')}/1`,
    ADMIN_LISTEN: `127.0.0.1:${await freePort()}`,
    DATABASE_POOL_SIZE: '987654',
  };
  expect(await serve(['relay'], env, AbortSignal.timeout(patienceMs), () => {})).toBe(1);
  expect(collector.taken.map(({ body }) => body)).toEqual([expect.stringContaining('"target failed"')]);
  expect(collector.taken[0]?.body).toContain('"type":"SettingsError"');
  expect(collector.taken[0]?.body).not.toContain('987654');
});

// As soon as somebody hears of what nobody caught.
const crashing = (how: string) =>
  `data:text/javascript,const t=setInterval(()=>{if(process.listenerCount('uncaughtException')===0)return;clearInterval(t);${how}},1)`;
test.each([
  { name: 'an error that nobody caught', how: `throw new TypeError('planned')` },
  { name: 'a promise that nobody caught', how: `Promise.reject(new TypeError('planned'))` },
])('$name ends the process, with a line in the log and a report', async ({ how }) => {
  await using collector = await startCollector();
  const env = {
    ...{ PATH: process.env.PATH, ADMIN_LISTEN: `127.0.0.1:${await freePort()}`, SPOOL_DIR: '/nowhere' },
    ...{ SENTRY_DSN: `${collector.url.replace('http://', 'http://key@')}/1`, DATABASE_URL: 'postgres://127.0.0.1:1/x' },
    ...{ NATS_URL: 'nats://127.0.0.1:1' },
  };
  const command = [join(import.meta.dirname, 'main.ts'), 'serve', '--target=relay'];
  const child = spawn(process.execPath, ['--import', crashing(how), ...command], { env });
  const [printed, [code]] = await Promise.all([text(child.stdout), once(child, 'exit')]);
  const lines = printed.split('\n').filter((line) => line.includes('"crashed"'));
  expect([code, lines.length]).toEqual([1, 1]);
  expect(JSON.parse(lines[0] ?? '')).toMatchObject({ level: 'fatal', err: { type: 'TypeError', message: 'planned' } });
  expect(collector.taken.filter(({ body }) => body.includes('"crashed"'))).toHaveLength(1);
});

test('a line of the log names its target once', async () => {
  const env = { ...process.env, ADMIN_LISTEN: `127.0.0.1:${await freePort()}`, DATABASE_POOL_SIZE: '987654' };
  const command = [process.execPath, join(import.meta.dirname, 'main.ts'), 'serve', '--target=relay'];
  const printed = await execute(command, { env }).catch((error: Error) => error.message);
  const lines = printed.split('\n').filter((line) => line.startsWith('{'));
  expect(lines.map((line) => line.split('"target":"relay"').length - 1)).toEqual(lines.map(() => 1));
  expect(lines.join()).toContain('target failed');
});

test('a stop that comes while a process still starts ends it, also where it leaves before', async () => {
  await using event = await openTestEvent();
  const [admin, bus] = await Promise.all([freePort(), freePort()]);
  const servers = { DATABASE_URL: event.url, NATS_URL: `nats://127.0.0.1:${bus}` };
  const env = { ...servers, ADMIN_LISTEN: `127.0.0.1:${admin}`, LEAVE_SECONDS: '1' };
  expect(await serve(['relay'], env, AbortSignal.abort(), () => {})).toBe(0);
});

test.each(['api', 'upload', 'live', 'media'] as const)(
  'target %s ends, and its process with it, when another program listens on its port',
  async (name) => {
    await using event = await openTestEvent();
    const [admin, port] = await Promise.all([freePort(), freePort()]);
    await using _other = await occupy(port);
    const env = {
      ...(await environmentOf(event)),
      ...{ PUBLIC_ORIGIN: 'http://localhost', ALLOWED_ORIGINS: 'http://localhost', SPOOL_DIR: temporaryFolder() },
      ...{ ADMIN_LISTEN: `127.0.0.1:${admin}`, [`${name.toUpperCase()}_LISTEN`]: `127.0.0.1:${port}` },
    };
    await using collector = await startCollector();
    const dsn = `${collector.url.replace('http://', 'http://key@')}/1`;
    expect(await serve([name], { ...env, SENTRY_DSN: dsn }, new AbortController().signal, () => {})).toBe(1);
    expect(collector.taken.map(({ body }) => body).join()).toContain('EADDRINUSE');
  },
);

async function occupy(port: number): Promise<AsyncDisposable> {
  const server = createServer().listen(port, '127.0.0.1');
  await once(server, 'listening');
  return server;
}
