import type { Frame } from '@kilat/contract';

/** Cuts a frame to what comes after a seq; undefined when it does not reach beyond it, or begins after it. */
export function sliceAfter(frame: Frame, seq: number): Frame | undefined {
  if (frame.to <= seq || frame.from > seq) return undefined;
  if (frame.from === seq) return frame;
  return { ...frame, from: seq, entries: frame.entries.filter((entry) => entry.seq > seq) };
}
