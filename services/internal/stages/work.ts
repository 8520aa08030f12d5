import { type Due, decodeDue, type Lane, type StageName } from '@kilat/contract';
import type { Bus } from '../bus/bus.ts';
import type { Deliveries, Delivery } from '../bus/work.ts';
import type { Logger } from '../log/log.ts';
import { type Context, pause } from '../process/context.ts';
import { type Outcome, outcomeOf } from './outcome.ts';
import type { Claim, StageStore } from './store.ts';

const longestPauseMs = 30_000;

/** Is what a target does for its stage. */
export interface Stage {
  name: StageName;
  /** Is how many photos it works on at once. */
  concurrency: number;
  /** Works; commits its own success. Throws what DESIGN's table turns into an outcome. */
  attempt(claim: Claim): Promise<void>;
  /** Commits a failure for good, so that a person can see it. */
  fail(due: Due, outcome: Extract<Outcome, { state: 'failed' }>): Promise<void>;
}

interface Parts {
  bus: Bus;
  stages: StageStore;
  stage: Stage;
  log: Logger;
}

/** Works until ctx is cancelled, then ends what it has in hand. Each slot pulls for itself; live photos go first. */
export async function work(ctx: Context, parts: Parts): Promise<void> {
  const brake = { pauseMs: 0 };
  await Promise.all(Array.from({ length: parts.stage.concurrency }, () => slot(ctx, parts, brake)));
}

async function slot(ctx: Context, parts: Parts, brake: { pauseMs: number }): Promise<void> {
  while (!ctx.cancelled) {
    try {
      const [live, bulk] = await Promise.all([open(parts, 'live'), open(parts, 'bulk')]);
      while (!ctx.cancelled) {
        if (brake.pauseMs > 0) await pause(ctx, brake.pauseMs);
        const delivery = await nextOf(ctx, live, bulk);
        if (delivery !== undefined) await deliver(parts, delivery, brake);
      }
    } catch (err) {
      parts.log.warn({ err }, 'deliveries ended');
      await pause(ctx, 500);
    }
  }
}

function open({ bus, stage }: Parts, lane: Lane): Promise<Deliveries> {
  return bus.deliveries(stage.name, lane);
}

// Bulk gets a look when nothing is live for a second, so that neither starves.
async function nextOf(ctx: Context, live: Deliveries, bulk: Deliveries): Promise<Delivery | undefined> {
  return (await live.next(1_000)) ?? (ctx.cancelled ? undefined : await bulk.next(1_000));
}

async function deliver(parts: Parts, delivery: Delivery, brake: { pauseMs: number }): Promise<void> {
  const due = decodeDue(delivery.data);
  if (due === undefined) {
    delivery.term(`undecodable ${delivery.subject}`);
    return;
  }
  const heartbeat = setInterval(() => delivery.working(), parts.bus.ackWaitMs / 3);
  try {
    const claim = await parts.stages.claim(due);
    if (claim !== undefined) await attempt(parts, claim, brake);
  } catch (err) {
    // Nothing was settled: after ack_wait the message comes again, here or elsewhere.
    parts.log.warn({ err, photo_id: due.photo_id }, 'stage not settled');
    brake.pauseMs = Math.min(longestPauseMs, Math.max(1_000, brake.pauseMs * 2));
    return;
  } finally {
    clearInterval(heartbeat);
  }
  await delivery.done();
}

async function attempt(parts: Parts, claim: Claim, brake: { pauseMs: number }): Promise<void> {
  try {
    await parts.stage.attempt(claim);
    brake.pauseMs = 0;
  } catch (err) {
    const outcome = outcomeOf(err, claim.attempts);
    parts.log.warn(
      { err, photo_id: claim.due.photo_id, event_id: claim.due.event_id, outcome: outcome.state },
      'stage failed',
    );
    brake.pauseMs = outcome.state === 'paused' ? Math.min(longestPauseMs, Math.max(1_000, brake.pauseMs * 2)) : 0;
    if (outcome.state === 'failed') await parts.stage.fail(claim.due, outcome);
    else await parts.stages.postpone(claim.due, outcome, brake.pauseMs);
  }
}
