import { type Context, cancelled } from '../process/context.ts';
import { type BusOptions, openBus } from './bus.ts';
import type { JournalHandler } from './follow.ts';

/**
 * Follows stream JOURNAL until ctx is cancelled, connecting for as long as it takes. For targets that serve without the
 * bus too, from PostgreSQL. Throws when the server is too old.
 */
export function followInBackground(ctx: Context, options: BusOptions, handler: JournalHandler): Promise<void> {
  return untilCancelled(ctx, async () => {
    await using bus = await openBus(ctx, options);
    await bus.follow(ctx, handler);
  });
}

/** Wakes the relay once the bus is reached; `ended` settles with ctx, and throws when the server is too old. */
export function wakeInBackground(ctx: Context, options: BusOptions): { wake: () => void; ended: Promise<void> } {
  const waker = { wake: () => {} };
  const ended = untilCancelled(ctx, async () => {
    await using bus = await openBus(ctx, options);
    waker.wake = () => bus.wake();
    await cancelled(ctx);
  });
  return { wake: () => waker.wake(), ended };
}

async function untilCancelled(ctx: Context, work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    // Giving up to connect because of the cancel is no failure.
    if (!ctx.cancelled) throw error;
  }
}
