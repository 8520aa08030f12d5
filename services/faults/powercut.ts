import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { EventView } from '@kilat/contract';
import { startBalancer } from './balancer.ts';
import { createCamera } from './camera.ts';
import { type Disk, openDisk } from './disk.ts';
import { type Acked, type Findings, startExaminer } from './examiner.ts';
import { type Fleet, post, startFleet } from './fleet.ts';
import { openHistory } from './history.ts';
import { openLedger } from './ledger.ts';
import { type Desk, sendStubbornly } from './photographer.ts';
import { seeded } from './random.ts';

/** Sets a run of power cuts on one machine. */
export interface PowerOptions {
  seed: number;
  rounds: number;
  clients: number;
  /** Bounds the sizes of files, in bytes; as many are in each doubling between. */
  sizes: readonly [number, number];
  /** Leaves the syncing of objects out, to see that this run can fail. */
  unsynced?: boolean;
  dataDir: string;
  say: (line: string) => void;
}

/** Is what became of the photos of which clients were told that they are stored. */
export interface PowerResult extends Findings {
  acked: number;
  unsettled: string[];
  doubled: string[];
  /** Lists what clients must never see, such as an offset that went back. */
  complaints: string[];
}

const diskMebibytes = 6_144;
const settleMs = 300_000;
const mostStallMs = 500;

/**
 * Cuts the power of a whole install again and again while photos come in, and examines every acknowledged photo at the end.
 * The clients are elsewhere and go on with their uploads when the install is back.
 */
export async function runPowerCuts(options: PowerOptions): Promise<PowerResult> {
  const { dataDir, rounds, say } = options;
  mkdirSync(dataDir, { recursive: true });
  const random = seeded(options.seed);
  await using disk = await openDisk(join(dataDir, 'disk.img'), join(dataDir, 'disk'), diskMebibytes);
  const replicas: string[] = [];
  const start = async () => {
    const fleet = await startInstall(disk, options);
    replicas.splice(0, replicas.length, ...fleet.uploads);
    return fleet;
  };
  let fleet = await start();
  const event = await begin(fleet);
  await using clients = await startClients(options, replicas, event);
  for (let round = 1; round <= rounds; round++) {
    const before = clients.acked.length;
    await sleep((2 + random() * 5) * 1_000);
    if (random() < 0.5) await stall(fleet, random() * mostStallMs);
    await disk.cut();
    await fleet.crash();
    await disk.restore();
    say(`power cut ${round} of ${rounds}: ${clients.acked.length - before} photos acknowledged before it`);
    fleet = await start();
  }
  await using last = fleet;
  await clients.finish();
  return { ...(await examine(last, event.eventId, clients.acked)), complaints: clients.complaints };
}

// A busy machine may run no instruction of ours for a while: then the S3 server has stored what nobody has synced yet.
async function stall({ units }: Fleet, ms: number): Promise<void> {
  for (const { pid } of [units['upload-1'], units['upload-2']]) if (pid !== undefined) process.kill(pid, 'SIGSTOP');
  await sleep(ms);
}

async function examine(
  fleet: Fleet,
  eventId: string,
  acked: readonly Acked[],
): Promise<Omit<PowerResult, 'complaints'>> {
  await using ledger = openLedger(fleet.env.DATABASE_URL ?? '');
  const examiner = startExaminer(ledger, eventId, fleet.bucketFolder);
  for (const photo of acked) examiner.take(photo);
  await examiner.finish(settleMs);
  for (const deadline = Date.now() + settleMs; Date.now() < deadline; await sleep(500))
    if ((await ledger.unsettled(eventId)).length === 0) break;
  const [unsettled, doubled] = [await ledger.unsettled(eventId), await ledger.doubled(eventId)];
  return { ...examiner.findings, acked: acked.length, unsettled, doubled };
}

function startInstall(disk: Disk, { unsynced = false }: PowerOptions): Promise<Fleet> {
  return startFleet({
    dataDir: join(disk.folder, 'fleet'),
    env: {
      ...{ UPLOAD_SWEEP_SECONDS: '2', WORK_ACK_WAIT_SECONDS: '10', RELAY_LOST_CHECK_SECONDS: '2' },
      ...(unsynced && { S3_SYNC_FOLDER: '' }),
    },
  });
}

interface Begun {
  eventId: string;
  cookie: string;
}

async function begin(fleet: Fleet): Promise<Begun> {
  const cookie = await fleet.signIn();
  const event = EventView.parse(await (await post(`${fleet.api}/api/events`, { title: 'Power' }, cookie)).json());
  return { eventId: event.event_id, cookie };
}

interface Clients extends AsyncDisposable {
  acked: Acked[];
  complaints: string[];
  /** Waits until all have ended the upload that they are at. */
  finish(): Promise<void>;
}

/** Starts clients that send photo after photo to whatever replicas there are. */
async function startClients(
  { dataDir, seed, sizes: [least, most], clients }: PowerOptions,
  replicas: readonly string[],
  event: Begun,
): Promise<Clients> {
  const random = seeded(seed + 1);
  const camera = await createCamera(seeded(seed + 2), { width: 320, height: 240 });
  const balancer = await startBalancer(replicas, () => undefined);
  const history = openHistory(join(dataDir, 'history.jsonl'));
  const [acked, complaints]: [Acked[], string[]] = [[], []];
  const desk: Desk = {
    ...{ ...event, files: () => `${balancer.url}/files`, history, complain: (what) => void complaints.push(what) },
    ...{ twin: () => false, resent: () => {} },
  };
  let over = false;
  const photographer = async (client: number) => {
    while (!over) {
      const shot = camera.shoot(Math.floor(least * (most / least) ** random()));
      const told = await sendStubbornly(desk, client, shot);
      const { sha256, good, bytes } = shot;
      if (told.stored) acked.push({ photoId: told.photoId, sha256, good, size: bytes.length });
    }
  };
  const working = Promise.all(Array.from({ length: clients }, (_, client) => photographer(client)));
  return {
    ...{ acked, complaints },
    async finish() {
      over = true;
      await working;
    },
    async [Symbol.asyncDispose]() {
      over = true;
      await balancer[Symbol.asyncDispose]();
      history[Symbol.dispose]();
    },
  };
}
