const waitsMs = [300, 1_000, 3_000];

/** Reads files of cards, which may fail for a moment. */
export interface Reading {
  /** Reads again what failed, within about four seconds, unless the file before failed for good: a card was pulled. */
  patiently<T>(read: () => Promise<T>): Promise<T>;
}

/** Makes the reading of one page; `pause` waits for so many milliseconds. */
export function createReading(pause: (ms: number) => Promise<void> = sleep): Reading {
  let pulled = false;
  return {
    async patiently(read) {
      for (let tries = 0; ; tries++) {
        try {
          const value = await read();
          pulled = false;
          return value;
        } catch (error) {
          const wait = waitsMs[tries];
          if (wait === undefined || pulled) {
            pulled = true;
            throw error;
          }
          await pause(wait);
        }
      }
    },
  };
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
