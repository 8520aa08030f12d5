import type { FailureClass } from '@kilat/contract';
import { Fault } from '../fault/fault.ts';

/** Is what became of one attempt at a stage. */
export type Outcome =
  | { state: 'due'; inMs: number; class: FailureClass; error: string }
  | { state: 'paused'; class: FailureClass; error: string }
  | { state: 'failed'; class: FailureClass; error: string; code: string };

const waits = [1_000, 5_000, 30_000, 120_000, 240_000];

/** Decides what a failed attempt leads to; `attempts` counts this one. */
export function outcomeOf(error: unknown, attempts: number): Outcome {
  const message = error instanceof Error ? error.message : String(error);
  const kind = error instanceof Fault ? error.kind : 'internal';
  if (kind === 'exhausted') return { state: 'paused', class: 'rate_limit', error: message };
  if (kind === 'unavailable') return { state: 'paused', class: (error as Fault).class ?? 'server', error: message };
  if (kind === 'invalid' || kind === 'missing')
    return { state: 'failed', class: 'invalid', error: message, code: (error as Fault).code };
  const inMs = waits[attempts - 1];
  if (inMs === undefined) return { state: 'failed', class: 'unknown', error: message, code: 'internal' };
  return { state: 'due', inMs, class: 'unknown', error: message };
}

/** Shortens a wait by up to a quarter, so that what failed together does not come back together. */
export function jittered(ms: number, random = Math.random()): number {
  return Math.round(ms * (1 - random / 4));
}
