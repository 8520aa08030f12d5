import type { RunOptions } from './run.ts';

const kibibyte = 1_024;
const mebibyte = 1_024 * kibibyte;

/** Is what a run is made of, besides where it lives. */
export type Campaign = Omit<RunOptions, 'dataDir' | 'say'>;

const calm: Campaign = {
  seed: 1,
  uploads: 200,
  sizes: [20 * kibibyte, 400 * kibibyte],
  clients: 40,
  trouble: { rows: new Set(), kills: 0, restarts: 0, aborts: 0, wipes: 0, absenceMs: 5_000 },
  bucket: { failing: 0.05, hanging: 0.01, hangMs: 30_000, failingJoin: 0.2 },
  cuts: 0,
  twins: 0,
  poison: 0,
};

function campaign(
  rows: number[],
  options: Partial<Omit<Campaign, 'trouble'>>,
  trouble: Partial<Campaign['trouble']> = {},
): Campaign {
  const cuts = rows.includes(4) ? { cuts: 0.15, twins: 0.05 } : {};
  const poison = rows.includes(12) ? 0.1 : 0;
  return { ...calm, ...cuts, poison, ...options, trouble: { ...calm.trouble, ...trouble, rows: new Set(rows) } };
}

// A call that hangs holds a slot for half a minute: with two of them nearly all would wait.
const photos = {
  sizes: [5 * mebibyte, 40 * mebibyte],
  clients: 24,
  env: { THUMBNAIL_CONCURRENCY: '10' },
} as const;

/** Lists the runs of `pnpm faults --full`, by the name of their row in RESULTS.md. */
export const campaigns: Record<string, Campaign> = {
  'kills of every process, cuts and second tabs': campaign([1, 4], { seed: 11, uploads: 10_000 }, { kills: 200 }),
  'rolling restarts': campaign([2], { seed: 12, uploads: 2_000 }, { restarts: 20 }),
  'a failing, hanging bucket, cuts': campaign([3, 4], { seed: 13, uploads: 5_000, ...photos }),
  'parts given up by the provider': campaign(
    [5],
    { seed: 15, uploads: 300, sizes: [33 * mebibyte, 64 * mebibyte], clients: 16 },
    { aborts: 100 },
  ),
  'the database away, its connections ended': campaign([6], { seed: 16, uploads: 1_000 }, { absenceMs: 60_000 }),
  'the bus wiped': campaign([7], { seed: 17, uploads: 3_000 }, { wipes: 5 }),
  'bad networks between any two': campaign([9], { seed: 19, uploads: 3_000 }, { absenceMs: 30_000 }),
  'Redis away': campaign([10], { seed: 20, uploads: 1_000 }, { absenceMs: 20_000 }),
  'spool disk and bucket full': campaign([11], {
    seed: 21,
    uploads: 1_500,
    bucket: { failing: 0, hanging: 0, hangMs: 0, failingJoin: 0 },
  }),
  'poison among the photos': campaign([12], { seed: 22, uploads: 3_000 }),
  'a clock five minutes wrong': campaign([13, 1], { seed: 23, uploads: 1_000 }, { kills: 10 }),
};

/** Composes a run of the command line's own. */
export function ownCampaign(given: {
  seed: number;
  uploads: number;
  clients: number;
  rows: number[];
  sizes: readonly [number, number];
  kills: number | undefined;
  wipes: number;
}): Campaign {
  const { seed, uploads, clients, rows, sizes, wipes } = given;
  const hangMs = uploads >= 1_000 ? 30_000 : 3_000;
  return campaign(
    rows,
    { seed, uploads, clients, sizes, bucket: { ...calm.bucket, hangMs } },
    {
      kills: given.kills ?? Math.ceil(uploads / 50),
      restarts: 2,
      aborts: Math.ceil(uploads / 20),
      wipes,
      absenceMs: Math.min(60_000, uploads * 30),
    },
  );
}
