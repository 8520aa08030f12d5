import { type Due, decodeDue, type StageName } from '@kilat/contract';
import type { Bus } from '../bus/bus.ts';
import type { Delivery } from '../bus/work.ts';
import { Fault } from '../fault/fault.ts';
import type { Logger } from '../log/log.ts';
import type { Meter } from '../metrics/meter.ts';
import { type Context, pause } from '../process/context.ts';
import { span, within } from '../trace/trace.ts';
import { type Brake, createBrake } from './brake.ts';
import { createIntake } from './intake.ts';
import { type StageMeter, stageMeter } from './metrics.ts';
import { mostAttempts, type Outcome, outcomeOf } from './outcome.ts';
import { createSlots, type Slots } from './slots.ts';
import type { Claim, StageStore } from './store.ts';

/** Is what a target does for its stage. */
export interface Stage {
  name: StageName;
  /** Is how many photos it works on at once. */
  concurrency: number;
  /** Is how long one attempt may take. */
  timeoutMs: number;
  /** Works, commits its own success, and throws what DESIGN's table turns into an outcome. */
  attempt(claim: Claim, signal: AbortSignal): Promise<void>;
  /** Commits a failure for good, so that a person can see it. */
  fail(due: Due, outcome: Extract<Outcome, { state: 'failed' }>): Promise<void>;
}

interface Parts {
  bus: Bus;
  stages: StageStore;
  stage: Stage;
  log: Logger;
  meter?: Meter | undefined;
}

type Measured = Parts & { measure: StageMeter };

/** Works until ctx is cancelled, then ends what it has in hand. Photos of live events go before bulk work, four of five. */
export async function work(ctx: Context, told: Parts): Promise<void> {
  const parts = { ...told, measure: stageMeter(told.meter) };
  const slots = createSlots(parts.stage.concurrency);
  const brake = createBrake();
  while (!ctx.cancelled) {
    try {
      await takeIn(ctx, parts, slots, brake);
    } catch (err) {
      // The stream or its durable may have been wiped: they are opened, and declared, again.
      if (!ctx.cancelled) parts.log.warn({ err }, 'deliveries ended');
      await pause(ctx, 500);
    }
  }
  await slots.idle();
}

async function takeIn(ctx: Context, parts: Measured, slots: Slots, brake: Brake): Promise<void> {
  const { bus, stage } = parts;
  const intake = createIntake(await bus.deliveries(stage.name, 'live'), await bus.deliveries(stage.name, 'bulk'));
  try {
    while (!ctx.cancelled) {
      await slots.free();
      await brake.wait(ctx);
      const delivery = ctx.cancelled ? undefined : await intake.next();
      if (delivery === undefined) continue;
      // A replica that is scaled in gives back at once what another can begin now.
      if (ctx.cancelled) delivery.release();
      else slots.run(() => deliver(parts, delivery, brake));
    }
  } finally {
    await intake.close();
  }
}

async function deliver(parts: Measured, delivery: Delivery, brake: Brake): Promise<void> {
  const due = decodeDue(delivery.data);
  if (due === undefined) return delivery.term(`undecodable ${delivery.subject}`); // retrying can never help
  try {
    const claim = await parts.stages.claim(due);
    if (claim !== undefined) await within(delivery.traceparent, () => settle(parts, claim, brake));
    await delivery.done();
  } catch (err) {
    // Nothing was settled, or the server does not know of it: the message comes again.
    parts.log.warn({ err, photo_id: due.photo_id, event_id: due.event_id }, 'stage not settled');
    brake.pull();
    delivery.release();
  }
}

async function settle(parts: Measured, claim: Claim, brake: Brake): Promise<void> {
  const { stage, stages, log, measure } = parts;
  const startedAt = performance.now();
  const seconds = () => (performance.now() - startedAt) / 1_000;
  try {
    const { photo_id, event_id, generation } = claim.due;
    await span(stage.name, { photo_id, event_id, generation }, () => attempt(stage, claim));
    measure.attempted(seconds());
    brake.loosen();
  } catch (err) {
    const outcome = outcomeOf(err, claim.attempts);
    measure.attempted(seconds(), outcome);
    const { photo_id, event_id } = claim.due;
    log.warn({ err, photo_id, event_id, stage: stage.name, outcome: outcome.state }, 'stage attempt failed');
    if (outcome.state === 'paused') brake.pull();
    else brake.loosen();
    if (outcome.state === 'failed') await stage.fail(claim.due, outcome);
    else if (outcome.state !== 'settled') await stages.postpone(claim.due, outcome, brake.pauseMs);
  }
}

async function attempt(stage: Stage, claim: Claim): Promise<void> {
  // Attempts that ended with their process had no outcome: they count here.
  if (claim.attempts > mostAttempts) throw new Fault('internal', 'The work never came to an end.');
  // Not ctx's signal: a rollout stops the intake but lets running work finish.
  const signal = AbortSignal.timeout(stage.timeoutMs);
  const late = Promise.withResolvers<never>();
  signal.addEventListener('abort', () => late.reject(new Fault('internal', 'The work took too long.')), { once: true });
  await Promise.race([stage.attempt(claim, signal), late.promise]);
}
