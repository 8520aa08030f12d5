import { Fault } from '#internal/fault/fault.ts';
import type { Logger } from '#internal/log/log.ts';
import { outcomeOf } from '#internal/stages/outcome.ts';
import type { Pauses } from './pauses.ts';

/** Asks a provider for something beside the copies; what it refuses is logged and pauses it where waiting helps. */
export async function guardedBy(
  { pauses, log }: { pauses: Pauses; log: Logger },
  provider: string,
  call: () => Promise<unknown>,
): Promise<boolean> {
  try {
    await call();
    return true;
  } catch (err) {
    pauseFor(pauses, provider, err);
    log.warn({ err, provider }, 'provider refused');
    return false;
  }
}

/** Pauses a provider for what it threw, where waiting helps; answers for how long, in ms. */
export function pauseFor(pauses: Pauses, provider: string, thrown: unknown): number | undefined {
  const outcome = outcomeOf(thrown, 1);
  if (outcome.state !== 'paused') return undefined;
  const retryAfter = thrown instanceof Fault ? thrown.retryAfter : undefined;
  return pauses.pull(provider, { ...outcome, retryAfter });
}
