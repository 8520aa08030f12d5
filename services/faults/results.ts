import { readFileSync, writeFileSync } from 'node:fs';
import { cpus, totalmem } from 'node:os';
import { fileURLToPath } from 'node:url';
import type { Campaign } from './campaigns.ts';
import type { PowerResult } from './powercut.ts';
import { broken, type RunResult } from './run.ts';
import type { StockResult } from './stock/run.ts';

interface Noted {
  name: string;
  date: string;
  machine: string;
}

/** Is one run as RESULTS.md shows it. */
interface Recorded extends Noted {
  rows: number[];
  seed: number;
  uploads: number;
  sizesKiB: [number, number];
  ours: Omit<RunResult, 'mostRssMiB'> & { mostRssMiB?: Record<string, number> };
  stock?: StockResult;
}

/** Is one run of power cuts as RESULTS.md shows it. */
interface RecordedPower extends Noted {
  rounds: number;
  seed: number;
  unsynced: boolean;
  power: PowerResult;
}

const dataFile = fileURLToPath(new URL('results.json', import.meta.url));
const pageFile = fileURLToPath(new URL('RESULTS.md', import.meta.url));

/** Writes a run into RESULTS.md, in place of an earlier one of its name. */
export function record(name: string, campaign: Campaign, ours: RunResult, stock?: StockResult): void {
  write({
    ...{ name, ...now(), ours },
    ...{ rows: [...campaign.trouble.rows], seed: campaign.seed, uploads: campaign.uploads },
    sizesKiB: [Math.round(campaign.sizes[0] / 1_024), Math.round(campaign.sizes[1] / 1_024)],
    ...(stock !== undefined && { stock }),
  });
}

/** Writes a run of power cuts into RESULTS.md, in place of an earlier one of its name. */
export function recordPower(
  name: string,
  what: { rounds: number; seed: number; unsynced: boolean },
  power: PowerResult,
): void {
  write({ name, ...now(), ...what, power });
}

function now() {
  return { date: new Date().toISOString().slice(0, 10), machine: machine() };
}

function write(one: Recorded | RecordedPower): void {
  const all = [...readRecorded().filter(({ name }) => name !== one.name), one];
  writeFileSync(dataFile, `${JSON.stringify(all, null, 2)}\n`);
  writeFileSync(pageFile, pageOf(all));
}

function readRecorded(): (Recorded | RecordedPower)[] {
  try {
    return JSON.parse(readFileSync(dataFile, 'utf8'));
  } catch {
    return [];
  }
}

/** Describes the machine that a run took place on. */
export function machine(): string {
  return `${cpus().length} cores, ${Math.round(totalmem() / 1024 ** 3)} GiB, Node ${process.version}`;
}

function pageOf(all: readonly (Recorded | RecordedPower)[]): string {
  const runs = all.filter((one) => 'ours' in one);
  const power = all.filter((one) => 'power' in one);
  const compared = runs.filter(({ stock }) => stock !== undefined);
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
      runs.map(rowOf),
    ),
    '',
    ...runs.flatMap(notesOf),
    '',
    '## Power cuts',
    '',
    'The install lies on an ext4 file system of its own, which is stopped without flushing anything, all processes are killed,',
    'and it is mounted again; a run without syncing shows that this loses photos where nobody syncs.',
    '',
    ...table(
      ['run', 'cuts', 'seed', 'stored', 'lost', 'corrupt', 'failed', 'stuck', 'doubled', 'date'],
      power.map(powerRowOf),
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

function powerRowOf({ name, rounds, seed, power, date }: RecordedPower): (string | number)[] {
  const lists = [power.lost, power.corrupt, power.failed, power.stuck, power.doubled];
  return [name, rounds, seed, power.acked, ...lists.map((list) => list.length), date];
}

function notesOf({ name, ours }: Recorded): string[] {
  return [...ours.complaints, ...ours.holes, ...ours.unsettled].map((what) => `- Other in “${name}”: ${what}.`);
}

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
