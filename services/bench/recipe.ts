/** Is one way of making something of photos, whose cost is measured. */
export type Recipe = CommandRecipe | WorkerRecipe;

interface Named {
  name: string;
  /** Names what lacks on this machine, so that this recipe cannot be tried. */
  missing?: string | undefined;
}

/** Runs programs one after another; their start is part of the cost. */
export interface CommandRecipe extends Named {
  commands: (file: string, folder: string) => (readonly string[])[];
}

/** Runs in a process of its own that has started before; `work` names what it does in `works.ts`. */
export interface WorkerRecipe extends Named {
  work: string;
}

/** Is what a process for recipes does with one photo. */
export interface Work {
  /** Prepares what is not measured. */
  prepare?: (file: string) => Promise<unknown>;
  /** Makes the files or the buffers, and gives the bytes of all that came out. */
  run: (file: string, prepared: unknown) => Promise<number>;
}

/** Is what a measuring process asks of one for recipes: to prepare a photo, or to work on it. */
export type Order = { ask: 'prepare' | 'run'; file: string };

/** Is the answer to an order. */
export type Answer = { bytes: number } | { error: string };
