import { rssMiBOf, treeOf } from './tree.ts';

/** Is the memory of a target and of the decoders below it, in MiB, after some photos. */
export interface Reading {
  photos: number;
  target: number;
  decoders: number;
}

/** Reads the memory of a target again and again. */
export interface Gauge extends Disposable {
  readonly readings: readonly Reading[];
}

const readEveryMs = 1_000;

/** Starts a gauge; a target that was started anew is read on. */
export function startGauge(pid: () => number | undefined, photos: () => number): Gauge {
  const readings: Reading[] = [];
  const timer = setInterval(() => {
    const now = pid();
    if (now === undefined) return;
    const [target = now, ...below] = treeOf(now);
    readings.push({ photos: photos(), target: rssMiBOf([target]), decoders: rssMiBOf(below) });
  }, readEveryMs);
  return { readings, [Symbol.dispose]: () => clearInterval(timer) };
}
