const words = /memory|alloc|too large/i;

/**
 * Tells whether a photo may have failed for want of memory rather than for what it is: its error or a cause of it speaks of
 * memory, or its process has at some time held more than half of what it may.
 */
export function mayBeHungry(error: unknown, mostRssBytes: number, limitBytes: number): boolean {
  if (mostRssBytes > limitBytes / 2) return true;
  for (let cause = error; cause instanceof Error; cause = cause.cause) if (words.test(cause.message)) return true;
  return false;
}
