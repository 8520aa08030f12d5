import { type Context, pause } from '../process/context.ts';

const shortestMs = 1_000;
const longestMs = 30_000;

/** Slows a target down while something that it needs is down. */
export interface Brake {
  /** Is how long the next intake waits. */
  readonly pauseMs: number;
  /** Doubles the pause, from 1 s up to 30 s. */
  pull(): void;
  /** Ends the pause: something worked. */
  loosen(): void;
  wait(ctx: Context): Promise<void>;
}

/** Makes a brake that is loose. */
export function createBrake(): Brake {
  let pauseMs = 0;
  return {
    get pauseMs() {
      return pauseMs;
    },
    pull: () => {
      pauseMs = Math.min(longestMs, Math.max(shortestMs, pauseMs * 2));
    },
    loosen: () => {
      pauseMs = 0;
    },
    wait: (ctx) => pause(ctx, pauseMs),
  };
}
