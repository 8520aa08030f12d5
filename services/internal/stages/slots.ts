/** Bounds how much runs at once. */
export interface Slots {
  /** Waits until a slot is free. */
  free(): Promise<void>;
  /** Runs a job, which must not throw, in a slot. */
  run(job: () => Promise<void>): void;
  /** Waits until nothing runs. */
  idle(): Promise<void>;
}

/** Makes so many slots. */
export function createSlots(count: number): Slots {
  const running = new Set<Promise<void>>();
  return {
    async free() {
      while (running.size >= count) await Promise.race(running);
    },
    run(job) {
      const run = job().finally(() => running.delete(run));
      running.add(run);
    },
    async idle() {
      await Promise.all(running);
    },
  };
}
