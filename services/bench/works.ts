import type { Work } from './recipe.ts';

/** Lists what a process for recipes can do; loading one loads nothing of the others. */
export const works: Record<string, () => Promise<Work>> = {
  ours: async () => (await import('./ours.ts')).ours(),
  largest: async () => (await import('./ours.ts')).withLargest(),
  target: async () => (await import('./ours.ts')).target(false),
  'target-largest': async () => (await import('./ours.ts')).target(true),
  encoders: async () => (await import('./ours.ts')).encoders,
  measures: async () => (await import('./ours.ts')).measures,
  avif: async () => (await import('./ours.ts')).mediumAvif,
  embedded: async () => (await import('./ours.ts')).embedded,
  small: async () => (await import('./ours.ts')).small,
  'naive-4': async () => (await import('./naive.ts')).naive(4),
  'naive-2': async () => (await import('./naive.ts')).naive(2),
};
