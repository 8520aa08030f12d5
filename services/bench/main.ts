/**
 * pnpm bench: measures what photos cost, beside other ways to do the same.
 */
import { parseArgs } from 'node:util';
import type { Compared, Comparison } from './compare.ts';
import { benchPhotos } from './photo.ts';
import { benchPreview } from './preview.ts';
import { benchRender } from './render.ts';
import { comparison, isKept, type Recorded, record, recorded, table, verdictLines } from './results.ts';
import { benchSoak } from './soak.ts';

const usage = `Usage: pnpm bench render | preview | soak [options]
  render       320, 800 and 1,600 WebP of photos of 24 megapixels: ours, other programs, the least that is possible
  preview      the first small rendition: of the embedded picture, of the original
  soak         many photos through a whole install: how fast, how large
  --repeats N  how often all take their turn (7)
  --photos N   how many photos each repeat takes (3), or go through the install (200)
  --ahead N    soak: how many photos wait or are worked on at any time (4)
  --poison S   soak: then as many photos again, with poison as this share of all files, in turns
  --dry        leave RESULTS.md as it is`;

const text = { type: 'string' } as const;
const flag = { type: 'boolean' } as const;
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { repeats: text, photos: text, ahead: text, poison: text, dry: flag, help: { ...flag, short: 'h' } },
});

const comparisons: Record<string, (options: Omit<Comparison, 'recipes'>) => Promise<Compared>> = {
  render: benchRender,
  preview: benchPreview,
};

function say(line: string): void {
  process.stderr.write(`${new Date().toISOString().slice(11, 19)} ${line}\n`);
}

async function runComparison(name: string, bench: (typeof comparisons)[string]): Promise<Recorded> {
  const repeats = Number(values.repeats ?? 7);
  const { photos, sampling } = await benchPhotos(Number(values.photos ?? 3), say);
  const about =
    `CPU milliseconds per photo, start of programs included: n = ${repeats}, each the mean of ${photos.length} photos of ` +
    `24 megapixels and ${Math.round(photos.reduce((sum, { bytes }) => sum + bytes, 0) / photos.length / 1e5) / 10} MB, ${sampling}.`;
  return comparison(name, about, await bench({ photos, repeats, say }));
}

async function runSoak(): Promise<Recorded> {
  const [count, ahead, share] = [Number(values.photos ?? 200), Number(values.ahead ?? 4), Number(values.poison ?? 0)];
  const { photos } = await benchPhotos(3, say);
  const about = `${count} photos of 24 megapixels through a whole install of real processes, ${ahead} waiting or worked on at any time.`;
  const result = await benchSoak({ photos, count, share, ahead, say });
  return recorded({ name: share > 0 ? 'soak with poison' : 'soak', about, ...result });
}

function show({ about, head, rows, verdicts, notes = [] }: Recorded): void {
  for (const line of [about, ...table([head, ...rows]), ...notes, ...verdictLines(verdicts)])
    process.stdout.write(`${line}\n`);
  if (!verdicts.every(isKept)) process.exitCode = 1;
}

const [name = ''] = positionals;
const bench = comparisons[name];
if (values.help === true || (bench === undefined && name !== 'soak')) {
  process.stdout.write(`${usage}\n`);
  if (values.help !== true && name !== '') process.exitCode = 2;
} else {
  const result = bench === undefined ? await runSoak() : await runComparison(name, bench);
  show(result);
  if (values.dry !== true) record(result);
}
