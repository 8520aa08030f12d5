import { join } from 'node:path';
import { expect, test } from 'vitest';
import { temporaryFolder } from '../../deploy/local/testing.ts';
import { broken, run } from './run.ts';

const full = process.env.KILAT_TEST_SIZE === 'full';
const uploads = full ? 1_000 : 120;
const seed = Number(process.env.KILAT_FAULT_SEED ?? 1);

test(`no photo that a client was told is stored is lost, corrupt, doubled or stuck, with seed ${seed}`, async () => {
  const result = await run({
    seed,
    uploads,
    sizes: [20 * 1_024, 40 * 1_024 * 1_024],
    clients: 12,
    trouble: {
      rows: new Set([1, 3, 4, 6, 7]),
      kills: full ? 40 : 5,
      restarts: 0,
      aborts: 0,
      wipes: 1,
      absenceMs: 3_000,
    },
    bucket: { failing: 0.05, hanging: 0.01, hangMs: 2_000, failingJoin: 0.2 },
    cuts: 0.15,
    twins: 0.05,
    poison: 0,
    dataDir: join(temporaryFolder(), 'fleet'),
    say: () => {},
  });
  expect(broken(result)).toEqual([]);
  expect([result.acked, result.givenUp]).toEqual([uploads, 0]);
  // A run in which nothing went wrong proves nothing.
  expect(Object.values(result.disturbances).reduce((sum, count) => sum + count, 0)).toBeGreaterThanOrEqual(7);
  expect(
    [result.cuts, result.bucketFaults.refuse, result.bucketFaults['lose-answer']].map((n) => (n ?? 0) > 0),
  ).toEqual([...[true, true, true]]);
});
