/**
 * pnpm faults: proves that no acknowledged photo is lost, by seeded uploads against a whole install in which things go wrong.
 */
import { cpus, totalmem } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { temporaryFolder } from '../../deploy/local/testing.ts';
import { broken, type RunOptions, run } from './run.ts';

const usage = `Usage: pnpm faults [options]
  --seed N         the seed of everything that is chosen (1)
  --uploads M      how many files are sent (200)
  --clients C      photographers at once (40)
  --rows 1,3,4     what goes wrong, by the rows of RESULTS.md (1,3,4,6,7)
  --kills K        kills of random processes in row 1 (uploads / 50)
  --wipes W        losses of nats-server's data in row 7 (1)
  --least, --most  sizes of files in KiB (20, 400)
  --data DIR       where the install lives (a temporary folder)`;

const number = (text: string | undefined, otherwise: number) => (text === undefined ? otherwise : Number(text));

function optionsOf(): RunOptions | undefined {
  const text = { type: 'string' } as const;
  const { values } = parseArgs({
    options: {
      ...{ seed: text, uploads: text, clients: text, rows: text, kills: text, wipes: text, least: text, most: text },
      ...{ data: text, help: { type: 'boolean', short: 'h' } },
    },
  });
  if (values.help === true) return undefined;
  const rows = new Set((values.rows ?? '1,3,4,6,7').split(',').map(Number));
  const uploads = number(values.uploads, 200);
  return {
    seed: number(values.seed, 1),
    uploads,
    clients: number(values.clients, 40),
    sizes: [number(values.least, 20) * 1_024, number(values.most, 400) * 1_024],
    trouble: {
      rows,
      kills: number(values.kills, Math.ceil(uploads / 50)),
      restarts: 2,
      aborts: Math.ceil(uploads / 20),
      wipes: number(values.wipes, 1),
      absenceMs: Math.min(60_000, uploads * 30),
    },
    bucket: { failing: 0.05, hanging: 0.01, hangMs: uploads >= 1_000 ? 30_000 : 3_000, failingJoin: 0.2 },
    cuts: rows.has(4) ? 0.15 : 0,
    twins: rows.has(4) ? 0.05 : 0,
    poison: rows.has(12) ? 0.1 : 0,
    dataDir: values.data ?? join(temporaryFolder(), 'fleet'),
    say: (line) => void process.stdout.write(`${new Date().toISOString().slice(11, 19)} ${line}\n`),
  };
}

const options = optionsOf();
if (options === undefined) process.stdout.write(`${usage}\n`);
else {
  const result = await run(options);
  const machine = `${cpus().length} cores, ${Math.round(totalmem() / 1024 ** 3)} GiB, Node ${process.version}`;
  process.stdout.write(`${JSON.stringify({ ...result, machine }, null, 2)}\n`);
  for (const line of broken(result)) process.stdout.write(`BROKEN ${line}\n`);
  process.exitCode = broken(result).length + result.givenUp > 0 ? 1 : 0;
}
