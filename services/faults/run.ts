import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { startBalancer } from './balancer.ts';
import { progressLine, sendAll } from './crowd.ts';
import { type Findings, rowsWithoutObject, startExaminer } from './examiner.ts';
import { startFleet } from './fleet.ts';
import { openSmallDisk } from './fullness.ts';
import { openHistory } from './history.ts';
import { startIntruder } from './intruder.ts';
import { type Ledger, openLedger } from './ledger.ts';
import { startNetwork } from './network.ts';
import type { Desk } from './photographer.ts';
import { type Planned, planOf, type Trouble } from './plan.ts';
import { seeded } from './random.ts';
import { type BucketFaults, startBucketProxy } from './s3proxy.ts';
import { follow, openScene } from './scene.ts';
import { startVitals } from './vitals.ts';

/** Sets a run: everything follows from it but the timing of processes. */
export interface RunOptions {
  seed: number;
  uploads: number;
  /** Bounds the sizes of files, in bytes; as many are in each doubling between. */
  sizes: readonly [number, number];
  clients: number;
  trouble: Trouble;
  bucket: BucketFaults;
  /** Is the share of uploads that are cut at a random byte, and of those that a second tab joins. */
  cuts: number;
  twins: number;
  /** Is the share of files that are no photos. */
  poison: number;
  env?: Record<string, string>;
  dataDir: string;
  say: (line: string) => void;
}

/** Is what a run came to. Every list is empty when the promise was kept. */
export interface RunResult extends Findings {
  acked: number;
  refused: number;
  /** Counts shots that were given up by their photographer. */
  givenUp: number;
  doubled: string[];
  complaints: string[];
  holes: string[];
  unsettled: string[];
  disturbances: Record<string, number>;
  bucketFaults: Record<string, number>;
  cuts: number;
  resentBytes: number;
  /** Counts the refusals that somebody got who asked for what is not his. */
  refusedIntrusions: number;
  /** Is the time from stored to ready that 95 of 100 photos kept. */
  readyP95Ms: number;
  mostRssMiB: Record<string, number>;
  seconds: number;
}

const settleMs = 300_000;
const skewed = (ms: number) => ({
  NODE_OPTIONS: `--import=${new URL('skew.ts', import.meta.url).href}`,
  CLOCK_SKEW_MS: String(ms),
});
const wrongClocks = { 'upload-2': skewed(300_000), thumbnail: skewed(-300_000) };
/** Runs seeded uploads through a whole install while the planned things go wrong, and examines every photo. */
export async function run(options: RunOptions): Promise<RunResult> {
  const startedAt = Date.now();
  const random = seeded(options.seed);
  mkdirSync(options.dataDir, { recursive: true });
  await using stack = new AsyncDisposableStack();
  const bucket = { counts: {} as Record<string, number> };
  const quota = { isFull: false };
  const disk = options.trouble.rows.has(11)
    ? stack.use(await openSmallDisk(join(options.dataDir, 'spool-upload-1')))
    : undefined;
  const network = options.trouble.rows.has(9)
    ? stack.use(await startNetwork(options.dataDir, options.seed))
    : undefined;
  const fleet = stack.use(
    await startFleet({
      unitEnv: options.trouble.rows.has(13) ? wrongClocks : {},
      dataDir: options.dataDir,
      env: { UPLOAD_SWEEP_SECONDS: '2', WORK_ACK_WAIT_SECONDS: '10', RELAY_LOST_CHECK_SECONDS: '2', ...options.env },
      between: async (servers) => {
        if (network !== undefined) return network.between(servers);
        if (!options.trouble.rows.has(3) && !options.trouble.rows.has(11)) return {};
        const proxy = stack.use(
          await startBucketProxy(servers.S3_ENDPOINT ?? '', options.bucket, seeded(options.seed + 1), quota),
        );
        bucket.counts = proxy.counts;
        return { env: { S3_ENDPOINT: proxy.url } };
      },
    }),
  );
  const ledger = stack.use(openLedger(fleet.env.DATABASE_URL ?? ''));
  const cutting = seeded(options.seed + 2);
  const balancer = stack.use(
    await startBalancer(fleet.uploads, () =>
      options.cuts > 0 ? Math.ceil((cutting() * meanOf(options.sizes)) / options.cuts) : undefined,
    ),
  );
  const files = (await network?.lay('client-to-upload', balancer.url)) ?? balancer.url;
  const history = stack.use(openHistory(join(options.dataDir, 'history.jsonl')));
  const owner = await fleet.signIn();
  const [scene, other] = [await openScene(fleet, owner), await openScene(fleet, owner)];
  const { eventId } = scene;
  const followers = await follow(fleet, scene);
  const examiner = startExaminer(ledger, eventId, fleet.bucketFolder);
  const vitals = stack.use(startVitals(fleet));

  const complaints = new Map<string, number>();
  const complain = (what: string) => void complaints.set(what, (complaints.get(what) ?? 0) + 1);
  const intruder = startIntruder({ fleet, ledger, eventId, cookies: ['', other.guest], complain });
  const progress = { done: 0, acked: 0, refused: 0, givenUp: 0, resent: 0 };
  const desk: Desk = {
    files: () => `${files}/files`,
    cookie: owner,
    eventId,
    history,
    complain,
    twin: () => cutting() < options.twins,
    resent: (bytes) => {
      progress.resent += bytes;
    },
  };
  const planned = planOf(options.trouble, { fleet, ledger, quota, disk, network }, random);
  const ended = new AbortController();
  const disturbing = disturb(planned, () => progress.done / options.uploads, ended.signal, options.say);
  const counting = setInterval(() => options.say(progressLine(progress, examiner, options)), 15_000);
  await sendAll(options, desk, random, progress, examiner);
  const disturbances = await disturbing.finally(() => clearInterval(counting));
  ended.abort();
  options.say(`${progress.acked} stored, ${progress.givenUp} given up; waiting until all is settled`);
  await examiner.finish(settleMs);
  const unsettled = await settled(ledger, eventId);
  await intruder[Symbol.asyncDispose]();
  for (const photoId of await rowsWithoutObject(ledger, eventId, fleet.bucketFolder, examiner.examined))
    complain(`I5: ${photoId} is stored and has no object`);
  vitals.leaks().forEach(complain);
  const head = await ledger.head(eventId);
  await caughtUp(followers, head.seq);
  const holes = followers.flatMap((follower) => [
    ...follower.holes,
    ...(follower.seq === head.seq ? [] : [`follower ended at ${follower.seq} of ${head.seq}`]),
  ]);
  await Promise.all(followers.map((follower) => follower.close()));
  return {
    ...examiner.findings,
    ...{ acked: progress.acked, refused: progress.refused, givenUp: progress.givenUp },
    doubled: await ledger.doubled(eventId),
    complaints: [...complaints].map(([what, times]) => `${what} (${times} times)`),
    holes: head.entries === head.seq ? holes : [...holes, `the journal has ${head.entries} of ${head.seq} entries`],
    unsettled,
    disturbances,
    bucketFaults: bucket.counts,
    cuts: balancer.cuts,
    resentBytes: progress.resent,
    refusedIntrusions: intruder.refusals,
    readyP95Ms: await ledger.readyP95Ms(eventId),
    mostRssMiB: vitals.mostRssMiB(),
    seconds: Math.round((Date.now() - startedAt) / 1_000),
  };
}

// As many sizes are in each doubling: their mean is far below the middle of the bounds.
function meanOf([least, most]: readonly [number, number]): number {
  return least === most ? least : (most - least) / Math.log(most / least);
}

/** Lists what broke the promise. */
export function broken(result: RunResult): string[] {
  const kinds = ['lost', 'corrupt', 'failed', 'stuck', 'doubled', 'unsettled', 'holes', 'complaints'] as const;
  return kinds.flatMap((kind) => result[kind].map((what) => `${kind}: ${what}`));
}

async function disturb(
  planned: readonly Planned[],
  share: () => number,
  ended: AbortSignal,
  say: (line: string) => void,
): Promise<Record<string, number>> {
  const counts: Record<string, number> = {};
  const healing: Promise<void>[] = [];
  for (const { share: at, disturbance } of planned) {
    while (share() < at && !ended.aborted) await sleep(50);
    say(disturbance.name);
    counts[disturbance.name] = (counts[disturbance.name] ?? 0) + 1;
    healing.push(disturbance.happen());
    await sleep(200);
  }
  await Promise.all(healing);
  return counts;
}

async function settled(ledger: Ledger, eventId: string): Promise<string[]> {
  for (const deadline = Date.now() + settleMs; Date.now() < deadline; await sleep(500)) {
    if ((await ledger.unsettled(eventId)).length === 0) return [];
  }
  return ledger.unsettled(eventId);
}

async function caughtUp(followers: readonly { seq: number }[], seq: number): Promise<void> {
  for (const deadline = Date.now() + 60_000; Date.now() < deadline; await sleep(200)) {
    if (followers.every((follower) => follower.seq >= seq)) return;
  }
}
