/**
 * Works on one photo after another, as it is told by the process that measures this one.
 */
import type { Answer, Order, Work } from './recipe.ts';
import { works } from './works.ts';

const work = await works[process.argv[2] ?? '']?.();
if (work === undefined) throw new Error(`There is no work ${process.argv[2]}.`);
let prepared: unknown;

async function obey(work: Work, { ask, file }: Order): Promise<Answer> {
  if (ask === 'run') return { bytes: await work.run(file, prepared) };
  prepared = undefined;
  prepared = await work.prepare?.(file);
  return { bytes: 0 };
}

process.on('message', (order: Order) => {
  obey(work, order)
    .catch((error: Error) => ({ error: String(error.stack) }))
    .then((answer) => process.send?.(answer));
});
process.on('disconnect', () => process.exit());
process.send?.({ bytes: 0 });
