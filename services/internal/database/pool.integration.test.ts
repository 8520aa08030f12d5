import { expect, test, vi } from 'vitest';
import { freshDatabase } from '../../../deploy/local/testing.ts';
import { silentLog } from '../log/log.ts';
import { meterOf } from '../metrics/meter.ts';
import { Registry } from '../metrics/metrics.ts';
import { openDatabase } from './database.ts';

test('a pool tells how many of its connections work, who waits for one, and what was slow', async () => {
  const registry = new Registry();
  const figure = async (name: string) =>
    Number(new RegExp(`^kilat_api_database_${name} (\\S+)$`, 'm').exec(await registry.metrics())?.[1]);
  const options = { url: await freshDatabase(), poolSize: 1, log: silentLog() };
  await using database = await openDatabase({ ...options, meter: meterOf(registry, 'api') });
  expect([await figure('connections_busy'), await figure('connections_most')]).toEqual([0, 1]);
  const slow = database.query('select pg_sleep(1.1)');
  await vi.waitFor(async () => expect(await figure('connections_busy')).toBe(1));
  const waiting = database.query('select 1 as one');
  await vi.waitFor(async () => expect(await figure('connections_wanted')).toBe(1));
  await Promise.all([slow, waiting]);
  expect([await figure('connections_busy'), await figure('connections_idle')]).toEqual([0, 1]);
  expect(await figure('slow_statements_total')).toBeGreaterThanOrEqual(1);
  expect(await figure('statement_seconds_count')).toBe(2);
});
