import type { Code, FailureClass } from '@kilat/contract';
import { Fault } from '../fault/fault.ts';

/** Is what became of one attempt at a stage that threw. */
export type Outcome =
  | { state: 'due'; inMs: number; class: FailureClass; error: string }
  | { state: 'paused'; class: FailureClass; error: string }
  | { state: 'failed'; class: FailureClass; error: string; code: Code }
  | { state: 'settled' };

const waits = [1_000, 5_000, 30_000, 120_000, 240_000];

/** Gives how many attempts there are at most: the first, and one after each wait. */
export const mostAttempts = waits.length + 1;

/** Decides what a failed attempt leads to; `attempts` counts this one. */
export function outcomeOf(thrown: unknown, attempts: number): Outcome {
  const fault = asFault(thrown);
  const error = fault.message;
  switch (fault.kind) {
    case 'exhausted':
      return { state: 'paused', class: 'rate_limit', error };
    case 'unavailable':
      return { state: 'paused', class: fault.class ?? 'server', error };
    case 'invalid':
    case 'missing':
      return { state: 'failed', class: 'invalid', error, code: fault.code };
    case 'conflict':
      return { state: 'settled' };
    default:
      return retryOf(fault, attempts);
  }
}

function retryOf(fault: Fault, attempts: number): Outcome {
  const [inMs, error, errorClass] = [waits[attempts - 1], fault.message, fault.class ?? 'unknown'];
  if (inMs === undefined) return { state: 'failed', class: errorClass, error, code: fault.code };
  return { state: 'due', inMs, class: errorClass, error };
}

// What is thrown by accident may say anything, secrets included: the log has it, the studio does not.
function asFault(thrown: unknown): Fault {
  return thrown instanceof Fault
    ? thrown
    : new Fault('internal', 'Something unforeseen went wrong.', { cause: thrown });
}

/** Shortens a wait by up to a quarter, so that what failed together does not come back together. */
export function jittered(ms: number, random = Math.random()): number {
  return Math.round(ms * (1 - random / 4));
}
