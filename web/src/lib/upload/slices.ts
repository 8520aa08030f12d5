const first = 8;
const largest = 256;

/** Gives how many files the next announcement takes: few at first, so that sending begins at once, then more and more. */
export function sliceSize(announced: number): number {
  return Math.min(largest, Math.max(first, announced));
}
