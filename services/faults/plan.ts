import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import {
  absence,
  type Disturbance,
  multipartAborted,
  natsWiped,
  randomKill,
  redisFlushed,
  rollingRestart,
  terminations,
} from './disturbance.ts';
import type { Fleet } from './fleet.ts';
import { diskFull, type Quota, quotaFull, type SmallDisk } from './fullness.ts';
import type { Ledger } from './ledger.ts';
import { type Network, networkTroubles } from './network.ts';

/** Sets how often each kind of trouble comes in a run; rows are those of the matrix in RESULTS.md. */
export interface Trouble {
  rows: ReadonlySet<number>;
  kills: number;
  restarts: number;
  aborts: number;
  wipes: number;
  /** Is how long a server stays away in rows 6 and 10, in milliseconds. */
  absenceMs: number;
}

/** Is a disturbance and the share of the uploads, from 0 to 1, after which it comes. */
export interface Planned {
  share: number;
  disturbance: Disturbance;
}

/** Is what disturbances happen to; the small disk is there in row 11, the network in row 9. */
export interface Parts {
  fleet: Fleet;
  ledger: Ledger;
  quota: Quota;
  disk: SmallDisk | undefined;
  network: Network | undefined;
}

/** Plans a run's disturbances by a seeded choice, in order. */
export function planOf(
  trouble: Trouble,
  { fleet, ledger, quota, disk, network }: Parts,
  random: () => number,
): Planned[] {
  const { rows } = trouble;
  const abort = (key: string, uploadId: string) => dropMultipart(fleet.bucketFolder, key, uploadId);
  const planned = [
    ...spread(rows.has(1) ? trouble.kills : 0, random, () => randomKill(fleet, random)),
    ...spread(rows.has(2) ? trouble.restarts : 0, random, () => rollingRestart(fleet)),
    ...spread(rows.has(5) ? trouble.aborts : 0, random, () => multipartAborted(ledger, abort)),
    ...spread(rows.has(6) ? 1 : 0, random, () => absence(fleet, 'postgres', trouble.absenceMs)),
    ...spread(rows.has(6) ? 3 : 0, random, () => terminations(ledger, trouble.absenceMs)),
    ...spread(rows.has(7) ? trouble.wipes : 0, random, () => natsWiped(fleet)),
    ...spread(rows.has(11) ? 5 : 0, random, () => quotaFull(quota, trouble.absenceMs)),
    ...(disk === undefined ? [] : spread(5, random, () => diskFull(disk, trouble.absenceMs))),
    ...inTurn(networkTroubles(network?.links ?? [], trouble.absenceMs, random), random),
    ...spread(rows.has(10) ? 10 : 0, random, () => redisFlushed(fleet)),
    ...spread(rows.has(10) ? 10 : 0, random, () => absence(fleet, 'redis', trouble.absenceMs / 4)),
  ];
  return planned.sort((a, b) => a.share - b.share);
}

// One in each stretch of the run, none in its first twentieth and its last tenth.
function spread(count: number, random: () => number, make: () => Disturbance): Planned[] {
  return Array.from({ length: count }, (_, at) => ({
    share: 0.05 + (0.85 * (at + random())) / count,
    disturbance: make(),
  }));
}

function inTurn(disturbances: readonly Disturbance[], random: () => number): Planned[] {
  return disturbances.map((disturbance, at) => ({
    share: 0.05 + (0.85 * (at + random())) / disturbances.length,
    disturbance,
  }));
}

// versitygw keeps what is uploaded in parts in a folder of its own, below the hash of the key.
async function dropMultipart(bucketFolder: string, _key: string, uploadId: string): Promise<void> {
  const parts = join(bucketFolder, '.sgwtmp', 'multipart');
  for (const folder of await readdir(parts).catch(() => []))
    await rm(join(parts, folder, uploadId), { recursive: true, force: true });
}
