/**
 * pnpm faults: proves that no acknowledged photo is lost, by seeded uploads against a whole install in which things go wrong.
 */
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { temporaryFolder } from '../../deploy/local/testing.ts';
import { type Campaign, campaigns, ownCampaign } from './campaigns.ts';
import { runPowerCuts } from './powercut.ts';
import { machine, record, recordPower } from './results.ts';
import { broken, run } from './run.ts';
import { runStock, type StockResult } from './stock/run.ts';

const usage = `Usage: pnpm faults [options]
  --seed N         the seed of everything that is chosen (1)
  --uploads M      how many files are sent (200)
  --clients C      photographers at once (40)
  --rows 1,3,4     what goes wrong, by the rows of RESULTS.md (1,3,4,6,7)
  --kills K        kills of random processes in row 1 (uploads / 50)
  --wipes W        losses of nats-server's data in row 7 (1)
  --least, --most  sizes of files in KiB (20, 400)
  --stock          send the same to the stock tus server and S3 store too, with the faults of rows 3 and 4
  --rounds N       power cuts of row 8; --unsynced shows that they can lose photos
  --write NAME     write the run into RESULTS.md under a name
  --run NAME       one run of the full set; --full all of them: both write RESULTS.md
  --data DIR       where the install lives (a temporary folder)`;

const text = { type: 'string' } as const;
const flag = { type: 'boolean' } as const;
const { values } = parseArgs({
  options: {
    ...{ seed: text, uploads: text, clients: text, rows: text, kills: text, wipes: text, least: text, most: text },
    ...{
      data: text,
      write: text,
      run: text,
      rounds: text,
      unsynced: flag,
      full: flag,
      stock: flag,
      help: { ...flag, short: 'h' },
    },
  },
});

function chosen(): [name: string | undefined, campaign: Campaign][] {
  if (values.full === true) return Object.entries(campaigns);
  if (values.run !== undefined) {
    const named = campaigns[values.run];
    if (named === undefined) throw new Error(`There are ${Object.keys(campaigns).join('; ')}.`);
    return [[values.run, named]];
  }
  const number = (given: string | undefined, otherwise: number) => (given === undefined ? otherwise : Number(given));
  const own = ownCampaign({
    seed: number(values.seed, 1),
    uploads: number(values.uploads, 200),
    clients: number(values.clients, 40),
    rows: (values.rows ?? '1,3,4,6,7').split(',').map(Number),
    sizes: [number(values.least, 20) * 1_024, number(values.most, 400) * 1_024],
    kills: values.kills === undefined ? undefined : Number(values.kills),
    wipes: number(values.wipes, 1),
  });
  return [[values.write, own]];
}

function say(line: string): void {
  process.stdout.write(`${new Date().toISOString().slice(11, 19)} ${line}\n`);
}

async function attempt(name: string | undefined, campaign: Campaign): Promise<boolean> {
  say(`${name ?? 'a run'}: seed ${campaign.seed}, ${campaign.uploads} files`);
  const folder = values.data ?? temporaryFolder();
  const stock: StockResult | undefined =
    values.stock === true ? await runStock({ ...campaign, dataDir: join(folder, 'stock'), say }) : undefined;
  if (stock !== undefined) say(`stock: ${JSON.stringify(stock)}`);
  const result = await run({ ...campaign, dataDir: join(folder, 'fleet'), say });
  process.stdout.write(`${JSON.stringify({ ...result, machine: machine() }, null, 2)}\n`);
  for (const line of broken(result)) process.stdout.write(`BROKEN ${line}\n`);
  if (name !== undefined) record(name, campaign, result, stock);
  return broken(result).length + result.givenUp === 0;
}

async function cutPower(rounds: number): Promise<void> {
  const seed = Number(values.seed ?? 1);
  const result = await runPowerCuts({
    ...{ seed, rounds, clients: 8, sizes: [50 * 1_024, 20 * 1_024 * 1_024], say },
    ...{ unsynced: values.unsynced === true, dataDir: values.data ?? temporaryFolder() },
  });
  const unsynced = values.unsynced === true;
  if (values.write !== undefined) recordPower(values.write, { rounds, seed, unsynced }, result);
  say(JSON.stringify({ ...result, machine: machine() }, null, 2));
  const { lost, corrupt, failed, stuck, doubled, unsettled, complaints } = result;
  process.exitCode = [lost, corrupt, failed, stuck, doubled, unsettled, complaints].some((list) => list.length > 0)
    ? 1
    : 0;
}

if (values.help === true) process.stdout.write(`${usage}\n`);
else if (values.rounds !== undefined) await cutPower(Number(values.rounds));
else for (const [name, campaign] of chosen()) if (!(await attempt(name, campaign))) process.exitCode = 1;
