/**
 * pnpm bench: measures what photos cost, beside other ways to do the same.
 */
import { parseArgs } from 'node:util';
import type { Compared, Comparison } from './compare.ts';
import { benchPhotos } from './photo.ts';
import { benchPreview } from './preview.ts';
import { benchRender } from './render.ts';
import { comparison, isKept, type Recorded, record, table, verdictLines } from './results.ts';

const usage = `Usage: pnpm bench render | preview [options]
  render       320, 800 and 1,600 WebP of photos of 24 megapixels: ours, other programs, the least that is possible
  preview      the first small rendition: of the embedded picture, of the original
  --repeats N  how often all take their turn (7)
  --photos N   how many photos each repeat takes (3)
  --dry        leave RESULTS.md as it is`;

const text = { type: 'string' } as const;
const flag = { type: 'boolean' } as const;
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { repeats: text, photos: text, dry: flag, help: { ...flag, short: 'h' } },
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

function show({ about, head, rows, verdicts }: Recorded): void {
  for (const line of [about, ...table([head, ...rows]), ...verdictLines(verdicts)]) process.stdout.write(`${line}\n`);
  if (!verdicts.every(isKept)) process.exitCode = 1;
}

const [name = ''] = positionals;
const bench = comparisons[name];
if (values.help === true || bench === undefined) {
  process.stdout.write(`${usage}\n`);
  if (values.help !== true) process.exitCode = name === '' ? 0 : 2;
} else {
  const result = await runComparison(name, bench);
  show(result);
  if (values.dry !== true) record(result);
}
