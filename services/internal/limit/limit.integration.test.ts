import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { expect, test, vi } from 'vitest';
import { freePort } from '../../../deploy/local/port.ts';
import { testServers } from '../../../deploy/local/testing.ts';
import { silentLog } from '../log/log.ts';
import { type Limits, openLimits } from './limit.ts';

const tooMany = expect.objectContaining({ kind: 'exhausted', retryAfter: expect.any(Number) });

test('a limit holds across replicas where there is Redis, else within each', async () => {
  const { REDIS_URL } = testServers();
  await using one = openLimits(REDIS_URL, silentLog());
  await using other = openLimits(REDIS_URL, silentLog());
  const options = { name: `test-${randomUUID()}`, points: 2, seconds: 60, whenDown: 'closed' as const };
  const [here, there] = [one.limit(options), other.limit(options)];
  // The connections are made in the background: until then a closed limit refuses.
  await vi.waitFor(() => Promise.all([here('warm'), there('also warm')]));
  await here('key');
  await (REDIS_URL === undefined ? here : there)('key');
  await expect(here('key')).rejects.toEqual(tooMany);
  await expect(here('another key')).resolves.toBeUndefined();
});

test('without an answer from Redis reads go on and signing in waits', async () => {
  await using limits = openLimits(`redis://127.0.0.1:${await freePort()}`, silentLog());
  const common = { name: 'test', points: 1, seconds: 60 };
  await expect(limits.limit({ ...common, whenDown: 'open' })('key')).resolves.toBeUndefined();
  const refused = limits.limit({ ...common, whenDown: 'closed' })('key');
  await expect(refused).rejects.toMatchObject({ kind: 'unavailable' });
});

test('a token bucket holds across replicas where there is Redis: a hundred at once, then one in six seconds', async () => {
  const { REDIS_URL } = testServers();
  await using one = openLimits(REDIS_URL, silentLog());
  await using other = openLimits(REDIS_URL, silentLog());
  const [name, size] = [`test-${randomUUID()}`, { tokens: 100, perMinute: 10 }];
  const takers = [one.bucket(name), other.bucket(name)];
  await connected(one, other);
  const tries = await Promise.allSettled(Array.from({ length: 250 }, (_, n) => takers[n % 2]?.('key', 1, size)));
  expect(tries.filter(({ status }) => status === 'fulfilled')).toHaveLength(REDIS_URL === undefined ? 200 : 100);
  const refused = tries.flatMap((one) => (one.status === 'rejected' ? [one.reason.retryAfter] : []));
  expect(new Set(refused)).toEqual(new Set([6]));
});

test('tokens flow back with time', async () => {
  const { REDIS_URL } = testServers();
  await using limits = openLimits(REDIS_URL, silentLog());
  await connected(limits);
  const [take, size] = [limits.bucket(`test-${randomUUID()}`), { tokens: 10, perMinute: 600 }];
  await take('key', 10, size);
  await expect(take('key', 1, size)).rejects.toEqual(tooMany);
  await vi.waitFor(() => take('key', 5, size), { interval: 50 });
  await expect(take('key', 9, size)).rejects.toEqual(tooMany);
});

test('a Redis that is away, or takes connections and says nothing, holds no upload up', async () => {
  const silent = createServer(() => {}).listen(0, '127.0.0.1');
  await once(silent, 'listening');
  const ports = [await freePort(), (silent.address() as AddressInfo).port];
  for (const port of ports) {
    await using limits = openLimits(`redis://127.0.0.1:${port}`, silentLog());
    const take = limits.bucket('test');
    for (let n = 0; n < 3; n++) await take('key', 100, { tokens: 100, perMinute: 10 });
  }
  silent.close();
});

// The connections are made in the background; until then all are let through.
async function connected(...some: Limits[]): Promise<void> {
  const warm = some.map((one) => one.limit({ name: 'warm', points: 1_000, seconds: 60, whenDown: 'closed' }));
  await vi.waitFor(() => Promise.all(warm.map((limit) => limit('warm'))));
}
