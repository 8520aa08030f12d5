import { randomUUID } from 'node:crypto';
import { expect, test, vi } from 'vitest';
import { freePort } from '../../../deploy/local/port.ts';
import { testServers } from '../../../deploy/local/testing.ts';
import { silentLog } from '../log/log.ts';
import { openLimits } from './limit.ts';

const tooMany = expect.objectContaining({ kind: 'exhausted', retryAfter: expect.any(Number) });

test('a limit holds across replicas where there is Redis, else within each', async () => {
  const { REDIS_URL } = testServers();
  await using one = openLimits(REDIS_URL, silentLog());
  await using other = openLimits(REDIS_URL, silentLog());
  const options = { name: `test-${randomUUID()}`, points: 2, seconds: 60, whenDown: 'closed' as const };
  const [here, there] = [one.limit(options), other.limit(options)];
  // The connections are made in the background: until then a closed limit refuses.
  await vi.waitFor(() => Promise.all([here('warm'), there('also warm')]), { timeout: 5_000 });
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
