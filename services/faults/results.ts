import { readFileSync, writeFileSync } from 'node:fs';
import { cpus, totalmem } from 'node:os';
import { fileURLToPath } from 'node:url';
import type { Campaign } from './campaigns.ts';
import { broken, type RunResult } from './run.ts';
import type { StockResult } from './stock/run.ts';

/** Is one run as RESULTS.md shows it. */
interface Recorded {
  name: string;
  date: string;
  machine: string;
  rows: number[];
  seed: number;
  uploads: number;
  sizesKiB: [number, number];
  ours: Omit<RunResult, 'mostRssMiB'> & { mostRssMiB?: Record<string, number> };
  stock?: StockResult;
}

const dataFile = fileURLToPath(new URL('results.json', import.meta.url));
const pageFile = fileURLToPath(new URL('RESULTS.md', import.meta.url));

/** Writes a run into RESULTS.md, in place of an earlier one of its name. */
export function record(name: string, campaign: Campaign, ours: RunResult, stock?: StockResult): void {
  const kept = readRecorded().filter((one) => one.name !== name);
  const one: Recorded = {
    ...{ name, date: new Date().toISOString().slice(0, 10), machine: machine(), ours },
    ...{ rows: [...campaign.trouble.rows], seed: campaign.seed, uploads: campaign.uploads },
    sizesKiB: [Math.round(campaign.sizes[0] / 1_024), Math.round(campaign.sizes[1] / 1_024)],
    ...(stock !== undefined && { stock }),
  };
  const all = [...kept, one];
  writeFileSync(dataFile, `${JSON.stringify(all, null, 2)}\n`);
  writeFileSync(pageFile, pageOf(all));
}

function readRecorded(): Recorded[] {
  try {
    return JSON.parse(readFileSync(dataFile, 'utf8')) as Recorded[];
  } catch {
    return [];
  }
}

/** Describes the machine that a run took place on. */
export function machine(): string {
  return `${cpus().length} cores, ${Math.round(totalmem() / 1024 ** 3)} GiB, Node ${process.version}`;
}

function pageOf(all: readonly Recorded[]): string {
  const compared = all.filter(({ stock }) => stock !== undefined);
  return [
    '# What was tried on Kilat, and what became of the photos',
    '',
    'Written by `pnpm faults`. Each run is a whole install of real processes on one machine, seeded, with a history kept by its',
    'clients; every photo that a client was told is stored is read back and compared by SHA-256. "Lost" and the columns behind it',
    'count photos: of lost, corrupt, doubled and stuck none may be.',
    '',
    ...table(
      [
        'run',
        'rows',
        'seed',
        'files',
        'KiB',
        'stored',
        'refused',
        'given up',
        'lost',
        'corrupt',
        'failed',
        'doubled',
        'stuck',
        'other',
        'kills and the like',
        'bucket faults',
        'cuts',
        'minutes',
        'date',
      ],
      all.map(rowOf),
    ),
    '',
    '## Beside the stock tus server with its stock S3 store',
    '',
    'The same seed, files, bucket faults and cuts; a success is what tus told the client.',
    '',
    ...table(
      ['run', 'server', 'successes', 'errors', 'object missing', 'bytes differ', 'no row', 'bad'],
      compared.flatMap(({ name, ours, stock }) => [
        [
          name,
          'Kilat',
          ours.acked,
          ours.givenUp,
          ours.lost.length,
          ours.corrupt.length,
          0,
          broken(ours as RunResult).length,
        ],
        [
          name,
          'stock',
          ...(stock ? [stock.successes, stock.errors, stock.missing, stock.corrupt, stock.uncommitted, stock.bad] : []),
        ],
      ]),
    ),
    '',
    `Machine: ${[...new Set(all.map((one) => one.machine))].join('; ')}.`,
    '',
    '## Rows',
    '',
    ...rowsOfMatrix.map(([row, what]) => `- ${row}: ${what}`),
    '',
  ].join('\n');
}

const rowsOfMatrix: [number, string][] = [
  [1, 'kill -9 of a random process: targets, PostgreSQL, nats-server, Redis, the S3 server'],
  [2, 'SIGTERM of every target, one after another'],
  [3, 'of S3 calls 5 % fail, half of them after their effect, 1 % hang, joining parts fails or lies in 20 %'],
  [4, 'connections cut at a random byte and resumed at another replica; a second tab sends the same file'],
  [5, 'a multipart upload is given up by the provider while it is going on'],
  [6, 'PostgreSQL away, and all its connections ended'],
  [7, "nats-server's data deleted"],
  [8, 'power loss: all that was not synced is gone'],
  [9, 'slow, narrow, resetting and parted networks between any two processes'],
  [10, 'Redis away'],
  [11, 'the disk of spool files full, the quota of the bucket full'],
  [12, 'a tenth of the files are no photos'],
  [13, 'one replica’s clock is five minutes wrong'],
];

function rowOf(one: Recorded): (string | number)[] {
  const { ours } = one;
  const count = (list: Record<string, number>, but = '') =>
    Object.entries(list).reduce((sum, [name, times]) => sum + (name === but ? 0 : times), 0);
  const other = ours.complaints.length + ours.holes.length + ours.unsettled.length;
  return [
    ...[
      one.name,
      one.rows.join(', '),
      one.seed,
      one.uploads,
      one.sizesKiB.join('–'),
      ours.acked,
      ours.refused,
      ours.givenUp,
    ],
    ...[ours.lost, ours.corrupt, ours.failed, ours.doubled, ours.stuck].map((list) => list.length),
    ...[
      other,
      count(ours.disturbances),
      count(ours.bucketFaults, 'pass'),
      ours.cuts,
      Math.round(ours.seconds / 6) / 10,
      one.date,
    ],
  ];
}

function table(head: readonly string[], rows: readonly (readonly (string | number)[])[]): string[] {
  const line = (cells: readonly (string | number)[]) => `| ${cells.join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)];
}
