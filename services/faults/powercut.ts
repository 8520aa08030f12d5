import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { EventView } from '@kilat/contract';
import { type Camera, createCamera } from './camera.ts';
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
}

const diskMebibytes = 6_144;
const settleMs = 300_000;

/** Cuts the power of a whole install again and again while photos come in, and examines every acknowledged photo at the end. */
export async function runPowerCuts(options: PowerOptions): Promise<PowerResult> {
  const { dataDir, rounds, say } = options;
  mkdirSync(dataDir, { recursive: true });
  const random = seeded(options.seed);
  const camera = await createCamera(random, { width: 320, height: 240 });
  await using disk = await openDisk(join(dataDir, 'disk.img'), join(dataDir, 'disk'), diskMebibytes);
  using history = openHistory(join(dataDir, 'history.jsonl'));
  const acked: Acked[] = [];
  let event: { eventId: string; cookie: string } | undefined;
  for (let round = 1; round <= rounds; round++) {
    const fleet = await start(disk, options);
    event ??= await begin(fleet);
    const desk = deskOf(fleet, event, history);
    const before = acked.length;
    await load({ desk, camera, random, options, acked, seconds: 2 + random() * 5 });
    await disk.cut();
    await fleet.crash();
    await disk.restore();
    say(`power cut ${round} of ${rounds}: ${acked.length - before} photos acknowledged before it`);
  }
  if (event === undefined) throw new Error('no round took place');
  await using fleet = await start(disk, options);
  await using ledger = openLedger(fleet.env.DATABASE_URL ?? '');
  const examiner = startExaminer(ledger, event.eventId, fleet.bucketFolder);
  for (const photo of acked) examiner.take(photo);
  await examiner.finish(settleMs);
  for (const deadline = Date.now() + settleMs; Date.now() < deadline; await sleep(500))
    if ((await ledger.unsettled(event.eventId)).length === 0) break;
  const [unsettled, doubled] = [await ledger.unsettled(event.eventId), await ledger.doubled(event.eventId)];
  return { ...examiner.findings, acked: acked.length, unsettled, doubled };
}

function start(disk: Disk, { unsynced = false }: PowerOptions): Promise<Fleet> {
  return startFleet({
    dataDir: join(disk.folder, 'fleet'),
    env: {
      ...{ UPLOAD_SWEEP_SECONDS: '2', WORK_ACK_WAIT_SECONDS: '10', RELAY_LOST_CHECK_SECONDS: '2' },
      ...(unsynced && { S3_SYNC_FOLDER: '' }),
    },
  });
}

async function begin(fleet: Fleet): Promise<{ eventId: string; cookie: string }> {
  const cookie = await fleet.signIn();
  const event = EventView.parse(await (await post(`${fleet.api}/api/events`, { title: 'Power' }, cookie)).json());
  return { eventId: event.event_id, cookie };
}

function deskOf(fleet: Fleet, event: { eventId: string; cookie: string }, history: Desk['history']): Desk {
  let turn = 0;
  const files = () => `${fleet.uploads[turn++ % fleet.uploads.length]}/files`;
  return { ...event, files, history, complain: () => {}, twin: () => false, resent: () => {} };
}

interface Load {
  desk: Desk;
  camera: Camera;
  random: () => number;
  options: PowerOptions;
  acked: Acked[];
  seconds: number;
}

/** Sends photos for some seconds; what is under way at the end is left to its fate. */
async function load({ desk, camera, random, options, acked, seconds }: Load): Promise<void> {
  const [least, most] = options.sizes;
  let over = false;
  const photographer = async (client: number) => {
    while (!over) {
      const shot = camera.shoot(Math.floor(least * (most / least) ** random()));
      const told = await sendStubbornly({ ...desk, tries: 1 }, client, shot);
      const { sha256, good, bytes } = shot;
      if (told.stored) acked.push({ photoId: told.photoId, sha256, good, size: bytes.length });
    }
  };
  for (let client = 0; client < options.clients; client++) void photographer(client);
  await sleep(seconds * 1_000);
  over = true;
}
