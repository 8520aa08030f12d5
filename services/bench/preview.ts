import { type Compared, type Comparison, compare, ratio } from './compare.ts';
import type { Recipe } from './recipe.ts';

const embedded = { name: 'of the picture that the camera put beside it', work: 'embedded' };
const original = { name: 'of the original', work: 'small' };
const recipes: Recipe[] = [embedded, original];

/** Compares the CPU time of the first small rendition and its placeholder: of the embedded picture, of the original. */
export async function benchPreview(options: Omit<Comparison, 'recipes'>): Promise<Compared> {
  const rows = await compare({ ...options, recipes });
  const what = 'embedded picture ÷ original';
  return {
    rows,
    verdicts: [{ what, ratio: ratio(rows, embedded.name, original.name), bound: 0.4 }],
    beside: embedded.name,
  };
}
