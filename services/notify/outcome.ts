import type { FailureClass } from '@kilat/contract';
import { jittered } from '#internal/stages/outcome.ts';
import type { Owed, Result } from './channels/channel.ts';

/** Is what becomes of a notification after a try. */
export type Fate =
  | { state: 'sent' | 'dropped' }
  | { state: 'due'; inMs: number; class: FailureClass; error: string }
  | { state: 'failed'; class: FailureClass; error: string };

const seconds = [1, 5, 30, 120, 240];
// Only webhooks are promised more: a receiver may be away for a day.
const webhookSeconds = [...seconds, 600, 1_800, 3_600, 7_200];

/** Gives the wait after a number of tries, in milliseconds; undefined when there is none left. */
export function waitAfter(channel: Owed['channel'], attempts: number): number | undefined {
  const waits = channel === 'webhook' ? webhookSeconds : seconds;
  const wait = waits[attempts - 1] ?? (channel === 'webhook' ? waits.at(-1) : undefined);
  return wait === undefined ? undefined : wait * 1_000;
}

/** Decides what a try leads to. A channel that is down is no result of a try: see `deliver`. */
export function fateOf(owed: Owed, result: Exclude<Result, { state: 'down' }>, now = Date.now()): Fate {
  if (result.state === 'sent') return { state: 'sent' };
  if (result.state === 'unwanted') return { state: 'dropped' };
  if (result.state !== 'later') return { state: 'failed', class: 'invalid', error: result.error };
  const wait = waitAfter(owed.channel, owed.attempts);
  const inMs = wait === undefined ? undefined : Math.max(jittered(wait), result.waitMs ?? 0);
  if (inMs === undefined || now + inMs > owed.giveUpAt.getTime())
    return { state: 'failed', class: result.class, error: result.error };
  return { state: 'due', inMs, class: result.class, error: result.error };
}
