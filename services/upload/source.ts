import type { Readable } from 'node:stream';

/** Is a request's body, read piece by piece; a connection that breaks ends it like any other end. */
export interface Source {
  /** Waits for the first bytes without taking them: at least `count`, or all that there will be. */
  peek(count: number): Promise<Uint8Array>;
  /** Takes at most `max` bytes; undefined at the end. */
  take(max: number): Promise<Uint8Array | undefined>;
}

/** Reads a stream as a source. */
export function sourceOf(stream: Readable): Source {
  const chunks = stream[Symbol.asyncIterator]();
  let [kept, ended] = [Buffer.alloc(0), false];
  async function more(): Promise<boolean> {
    if (ended) return false;
    const next = await chunks.next().catch(() => ({ done: true as const, value: undefined }));
    ended = next.done === true;
    if (next.done !== true) kept = kept.length === 0 ? next.value : Buffer.concat([kept, next.value]);
    return !ended;
  }
  return {
    async peek(count) {
      while (kept.length < count && (await more()));
      return kept.subarray(0, count);
    },
    async take(max) {
      while (kept.length === 0 && (await more()));
      if (kept.length === 0) return undefined;
      const chunk = kept.subarray(0, max);
      kept = kept.subarray(chunk.length);
      return chunk;
    },
  };
}
