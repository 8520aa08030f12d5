import { type Context, cancelled } from '../process/context.ts';
import { type Bus, type BusOptions, openBus } from './bus.ts';
import type { JournalHandler } from './follow.ts';

/**
 * Runs work on a bus, connecting for as long as it takes and closing it after; being cancelled before that is no
 * failure. Throws when the server is too old.
 */
export async function onBus(ctx: Context, options: BusOptions, work: (bus: Bus) => Promise<void>): Promise<void> {
  const opened = await openBus(ctx, options).catch((error) => {
    if (!ctx.cancelled) throw error;
  });
  if (!opened) return;
  await using bus = opened;
  await work(bus);
}

/** Follows stream JOURNAL until ctx is cancelled. For targets that serve without the bus too, from PostgreSQL. */
export function followInBackground(ctx: Context, options: BusOptions, handler: JournalHandler): Promise<void> {
  return onBus(ctx, options, (bus) => bus.follow(ctx, handler));
}

/** Is a bus that may not be there: what is told to it while it is away is not heard. */
export interface Teller extends Pick<Bus, 'wake' | 'hint'> {
  ended: Promise<void>;
}

/** Tells the bus things once it is reached; `ended` settles with ctx, and throws when the server is too old. */
export function tellInBackground(ctx: Context, options: BusOptions): Teller {
  let reached: Bus | undefined;
  const ended = onBus(ctx, options, async (bus) => {
    reached = bus;
    await cancelled(ctx);
  });
  return { wake: () => reached?.wake(), hint: (progress) => reached?.hint(progress), ended };
}
