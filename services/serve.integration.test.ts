import { join } from 'node:path';
import { expect, test } from 'vitest';
import { startCollector } from '#internal/trace/collectortest.ts';
import { freePort } from '../deploy/local/port.ts';
import { execute } from '../deploy/local/program.ts';
import { serve } from './serve.ts';

test('what ends a process is reported before it ends, without a value of its settings', async () => {
  await using collector = await startCollector();
  const env = {
    SENTRY_DSN: `${collector.url.replace('http://', 'http://key@')}/1`,
    ADMIN_LISTEN: `127.0.0.1:${await freePort()}`,
    DATABASE_POOL_SIZE: '987654',
  };
  expect(await serve(['relay'], env, AbortSignal.timeout(30_000))).toBe(1);
  expect(collector.taken.map(({ body }) => body)).toEqual([expect.stringContaining('"target failed"')]);
  expect(collector.taken[0]?.body).toContain('"type":"SettingsError"');
  expect(collector.taken[0]?.body).not.toContain('987654');
});

test('a line of the log names its target once', async () => {
  const env = { ...process.env, ADMIN_LISTEN: `127.0.0.1:${await freePort()}`, DATABASE_POOL_SIZE: '987654' };
  const command = [process.execPath, join(import.meta.dirname, 'main.ts'), 'serve', '--target=relay'];
  const printed = await execute(command, { env }).catch((error: Error) => error.message);
  const lines = printed.split('\n').filter((line) => line.startsWith('{'));
  expect(lines.map((line) => line.split('"target":"relay"').length - 1)).toEqual(lines.map(() => 1));
  expect(lines.join()).toContain('target failed');
});
