import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { temporaryFolder } from '../../deploy/local/testing.ts';
import { type Fleet, startFleet } from '../faults/fleet.ts';
import { seeded } from '../faults/random.ts';
import { openScene } from '../faults/scene.ts';
import type { Verdict } from './compare.ts';
import { type Gauge, type Reading, startGauge } from './gauge.ts';
import { type Loader, type Original, openLoader } from './loader.ts';
import type { BenchPhoto } from './photo.ts';
import { keepPoison } from './poison.ts';
import { quantile, slopeOf } from './statistics.ts';
import { type Streamed, stream } from './stream.ts';
import { cpuMsOf } from './tree.ts';

/** Says how long a soak is; with a share of poison, as many photos once more go with it between them. */
export interface SoakOptions {
  photos: readonly BenchPhoto[];
  count: number;
  share: number;
  ahead: number;
  say: (line: string) => void;
}

/** Is what a soak came to, as rows of its table. */
export interface Soaked {
  head: string[];
  rows: (string | number)[][];
  verdicts: Verdict[];
  notes: string[];
}

interface Arm {
  name: string;
  share: number;
  streamed: Streamed[];
  cpuMs: number;
}

const warmUp = 6;
// Arms take turns, so that what else the machine does meets both.
const rounds = 4;

/** Sends photos through a whole install and watches how fast its thumbnail target is and how large it becomes. */
export async function benchSoak(options: SoakOptions): Promise<Soaked> {
  await using stack = new AsyncDisposableStack();
  const dataDir = join(temporaryFolder(), 'soak');
  const fleet = stack.use(await startFleet({ dataDir }));
  const { eventId } = await openScene(fleet, await fleet.signIn());
  const loader = stack.use(await openLoader(fleet, eventId));
  const originals = await keepPhotos(loader, options.photos);
  const poison = options.share > 0 ? await keepPoison(loader, options.say) : [];
  const common = { loader, originals, poison, ahead: options.ahead, random: seeded(5) };
  await stream({ ...common, photos: warmUp, share: 0, onEnded: () => {} });
  let done = 0;
  const gauge = stack.use(
    startGauge(
      () => fleet.units.thumbnail.pid,
      () => done,
    ),
  );
  const arms = armsOf(options.share);
  const turns =
    arms.length === 1
      ? arms
      : Array.from({ length: rounds }, (_, at) => (at % 2 === 0 ? arms : arms.toReversed())).flat();
  for (const arm of turns) {
    const photos = Math.ceil((options.count * arms.length) / turns.length);
    const before = cpuOf(fleet);
    arm.streamed.push(
      await stream({
        ...common,
        photos,
        share: arm.share,
        onEnded: () => {
          done += 1;
        },
      }),
    );
    arm.cpuMs += cpuOf(fleet) - before;
    options.say(`${done} photos; ${lineOf(arm).join(' | ')}`);
  }
  return report(arms, gauge);
}

function armsOf(share: number): Arm[] {
  const arm = (name: string, share: number): Arm => ({ name, share, streamed: [], cpuMs: 0 });
  return share > 0
    ? [arm('good photos alone', 0), arm(`poison in ${share * 100} %`, share)]
    : [arm('good photos alone', 0)];
}

async function keepPhotos(loader: Loader, photos: readonly BenchPhoto[]): Promise<Original[]> {
  const kept: Original[] = [];
  for (const { file } of photos) kept.push(await loader.keep(file, await readFile(file), true));
  return kept;
}

function cpuOf({ units }: Fleet): number {
  return units.thumbnail.pid === undefined ? 0 : cpuMsOf(units.thumbnail.pid);
}

const head = [
  ...['photos', 'good', 'poison', 'a minute', 'seen p50 s', 'seen p95 s', 'rendered p50 s', 'rendered p95 s'],
  ...['CPU s each', 'good not ready', 'poison not failed', 'stuck'],
];

function lineOf({ name, streamed, cpuMs }: Arm): (string | number)[] {
  const ended = streamed.flatMap((one) => one.ended);
  const [good, bad] = [ended.filter(({ original }) => original.good), ended.filter(({ original }) => !original.good)];
  const minutes = streamed.reduce((sum, one) => sum + one.minutes, 0);
  const seconds = (of: 'previewedMs' | 'renderedMs', share: number) =>
    (
      quantile(
        good.flatMap((photo) => photo[of] ?? []),
        share,
      ) / 1_000
    ).toFixed(2);
  return [
    ...[name, good.length, bad.length, (good.length / minutes).toFixed(1)],
    ...[
      seconds('previewedMs', 0.5),
      seconds('previewedMs', 0.95),
      seconds('renderedMs', 0.5),
      seconds('renderedMs', 0.95),
    ],
    (cpuMs / 1_000 / good.length).toFixed(2),
    good.filter(({ state, renditions }) => state !== 'ready' || renditions < 3).length,
    bad.filter(({ state, class: given }) => state !== 'failed' || given === null).length,
    streamed.flatMap(({ stuck }) => stuck).length,
  ];
}

function report(arms: readonly Arm[], { readings }: Gauge): Soaked {
  const rows = arms.map(lineOf);
  const number = (row: number, column: number) => Number(rows[row]?.[column]);
  const sum = (column: number) => rows.reduce((total, row) => total + Number(row[column]), 0);
  const [early, late] = [part(readings, 0.2, 0.4), part(readings, 0.8, 1)];
  const verdicts: Verdict[] = [
    { what: 'minutes for 2,000 photos', ratio: 2_000 / number(0, 3), bound: 30 },
    { what: 'memory of the last fifth ÷ of the second', ratio: median(late) / median(early), bound: 1.1 },
    {
      what: 'good photos that are not ready, poison that has not failed, and what is stuck',
      ratio: sum(9) + sum(10) + sum(11),
      bound: 0,
    },
  ];
  if (rows.length > 1)
    verdicts.push({ what: 'p95 with poison ÷ without', ratio: number(1, 7) / number(0, 7), bound: 1.2 });
  return { head, rows, verdicts, notes: [...memoryNotes(readings), ...poisonNotes(arms)] };
}

function part(readings: readonly Reading[], from: number, to: number): Reading[] {
  return readings.slice(Math.floor(readings.length * from), Math.ceil(readings.length * to));
}

function median(readings: readonly Reading[]): number {
  return quantile(
    readings.map(({ target, decoders }) => target + decoders),
    0.5,
  );
}

function memoryNotes(readings: readonly Reading[]): string[] {
  const mib = (of: 'target' | 'decoders', values: readonly Reading[]) => values.map((reading) => reading[of]);
  const fifths = [0, 0.2, 0.4, 0.6, 0.8].map((from) => part(readings, from, from + 0.2));
  return (['target', 'decoders'] as const).map((of) => {
    const medians = fifths.map((fifth) => Math.round(quantile(mib(of, fifth), 0.5)));
    const settled = part(readings, 0.2, 1).map((reading) => [reading.photos, reading[of]] as const);
    const [slope, most] = [Math.round(1_000 * slopeOf(settled)), Math.round(Math.max(...mib(of, readings)))];
    return `Memory of ${of === 'target' ? 'the target itself' : 'its decoders together'}, MiB: ${medians.join(', ')} (medians of fifths), ${most} at most, ${slope} per 1,000 photos after the first fifth.`;
  });
}

// Names what should have failed and did not.
function poisonNotes(arms: readonly Arm[]): string[] {
  const ended = arms.flatMap(({ streamed }) => streamed.flatMap((one) => one.ended));
  const wrong = ended.filter(({ original, state }) => (state === 'ready') !== original.good);
  return [
    ...new Set(
      wrong.map(
        ({ original, state, class: given }) =>
          `Ended ${state} (${given}): ${original.good ? 'a good photo' : original.name}.`,
      ),
    ),
  ];
}
