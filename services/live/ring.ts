import type { Frame } from '@kilat/contract';
import { sliceAfter } from './slice.ts';

/** Keeps the newest frames of one audience, up to some number of entries. */
export interface Ring {
  push(frame: Frame): void;
  /** Gives what follows a seq, up to the end of the frame that holds it; undefined when it is not kept (any more). */
  after(seq: number): Frame | undefined;
  clear(): void;
}

/** Makes a ring; a frame counts one besides its entries. */
export function createRing(mostEntries: number): Ring {
  const frames: Frame[] = [];
  let kept = 0;
  const weight = (frame: Frame) => frame.entries.length + 1;
  return {
    push(frame) {
      frames.push(frame);
      kept += weight(frame);
      while (kept > mostEntries && frames.length > 1) {
        const [oldest] = frames.splice(0, 1);
        if (oldest !== undefined) kept -= weight(oldest);
      }
    },
    after(seq) {
      for (const frame of frames) {
        const sliced = sliceAfter(frame, seq);
        if (sliced !== undefined) return sliced;
      }
      return undefined;
    },
    clear() {
      frames.length = 0;
      kept = 0;
    },
  };
}
