import { type Cost, openTrial, type Trial } from './crew.ts';
import type { BenchPhoto } from './photo.ts';
import type { Recipe } from './recipe.ts';
import { type Spread, spreadOf } from './statistics.ts';

/** Is what a recipe cost for one photo, over all repeats; each repeat is the mean over all photos. */
export interface Row {
  name: string;
  cpuMs?: Spread;
  /** Lists the repeats in their order, so that rows can be added to each other. */
  repeats?: number[];
  bytes?: number;
  rssMiB?: number;
  missing?: string;
}

/** Is one bound that a comparison must keep; its ratio is undefined where a peer is missing. */
export interface Verdict {
  what: string;
  ratio: number | undefined;
  bound: number;
}

/** Is what a comparison came to; `beside` and `floor` name the rows that the others are compared with. */
export interface Compared {
  rows: Row[];
  verdicts: Verdict[];
  beside: string;
  floor?: string;
}

/** Says what is compared, and how often. */
export interface Comparison {
  recipes: readonly Recipe[];
  photos: readonly BenchPhoto[];
  repeats: number;
  say: (line: string) => void;
}

/** Tries all recipes in turn, in each repeat in the opposite order, after one photo each that does not count. */
export async function compare({ recipes, photos, repeats, say }: Comparison): Promise<Row[]> {
  using stack = new DisposableStack();
  const lanes: Lane[] = [];
  for (const recipe of recipes) lanes.push(await openLane(recipe, stack, photos));
  const running = lanes.filter(({ trial }) => trial !== undefined);
  for (let repeat = 0; repeat < repeats; repeat++) {
    say(`repeat ${repeat + 1} of ${repeats}`);
    for (const { trial, costs } of repeat % 2 === 0 ? running : running.toReversed())
      if (trial !== undefined) costs.push(await meanCost(trial, photos));
  }
  return lanes.map(rowOf);
}

interface Lane {
  name: string;
  trial?: Trial;
  missing?: string;
  costs: Cost[];
}

// What cannot be tried stays in the table and says why.
async function openLane(recipe: Recipe, stack: DisposableStack, photos: readonly BenchPhoto[]): Promise<Lane> {
  const { name, missing } = recipe;
  if (missing !== undefined) return { name, missing, costs: [] };
  try {
    const trial = stack.use(await openTrial(recipe));
    await trial.cost(photos[0]?.file ?? '');
    return { name, trial, costs: [] };
  } catch (error) {
    return { name, missing: `it broke: ${String(error).split('\n')[0]}`, costs: [] };
  }
}

async function meanCost(trial: Trial, photos: readonly BenchPhoto[]): Promise<Cost> {
  const costs: Cost[] = [];
  for (const { file } of photos) costs.push(await trial.cost(file));
  const mean = (of: (cost: Cost) => number) => costs.reduce((sum, cost) => sum + of(cost), 0) / costs.length;
  const rssMiB = Math.max(...costs.map((cost) => cost.rssMiB));
  return { cpuMs: mean(({ cpuMs }) => cpuMs), bytes: mean(({ bytes }) => bytes), rssMiB };
}

function rowOf({ name, missing, costs }: Lane): Row {
  if (missing !== undefined) return { name, missing };
  const repeats = costs.map(({ cpuMs }) => cpuMs);
  const rssMiB = Math.round(Math.max(...costs.map((cost) => cost.rssMiB)));
  return { name, repeats, cpuMs: spreadOf(repeats), rssMiB, bytes: Math.round(costs[0]?.bytes ?? 0) };
}

/** Adds rows up, repeat by repeat; missing when one of them is. */
export function sumOf(name: string, rows: readonly (Row | undefined)[]): Row {
  const missing = rows.find((row) => row?.repeats === undefined);
  if (missing !== undefined || rows.includes(undefined)) return { name, missing: missing?.missing ?? 'not tried' };
  const repeats = (rows[0]?.repeats ?? []).map((_, at) =>
    rows.reduce((sum, row) => sum + (row?.repeats?.[at] ?? 0), 0),
  );
  const rssMiB = Math.max(...rows.map((row) => row?.rssMiB ?? 0));
  return {
    name,
    repeats,
    cpuMs: spreadOf(repeats),
    rssMiB,
    bytes: rows.reduce((sum, row) => sum + (row?.bytes ?? 0), 0),
  };
}

/** Divides one row's median by another's; undefined when one was not tried. */
export function ratio(rows: readonly Row[], name: string, to: string): number | undefined {
  const median = (wanted: string) => rows.find((row) => row.name === wanted)?.cpuMs?.median;
  const [upper, lower] = [median(name), median(to)];
  return upper === undefined || lower === undefined ? undefined : upper / lower;
}
