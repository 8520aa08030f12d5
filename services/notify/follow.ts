import { decodeEntry } from '@kilat/contract';
import type { Bus } from '#internal/bus/bus.ts';
import type { Delivery } from '#internal/bus/work.ts';
import type { Logger } from '#internal/log/log.ts';
import { type Context, pause } from '#internal/process/context.ts';
import { follow } from '#internal/trace/trace.ts';
import type { Scribe } from './scribe.ts';

const waitMs = 1_000;

/** Is what following needs. */
export interface FollowDeps {
  scribe: Scribe;
  log: Logger;
}

/** Hands entries on as the durable of stream JOURNAL brings them, each acknowledged once what it causes is committed, or left to PostgreSQL. */
export async function followStream(ctx: Context, bus: Pick<Bus, 'entries'>, deps: FollowDeps): Promise<void> {
  while (!ctx.cancelled) {
    try {
      const deliveries = await bus.entries();
      while (!ctx.cancelled) {
        const delivery = await deliveries.next(waitMs);
        if (delivery === undefined) continue;
        await take(delivery, deps);
      }
    } catch (err) {
      if (!ctx.cancelled) deps.log.info({ err }, 'journal consumer ended');
      await pause(ctx, waitMs / 2);
    }
  }
}

// What fails here is found in PostgreSQL soon: a message that came again and again would hold up all others.
async function take(delivery: Delivery, { scribe, log }: FollowDeps): Promise<void> {
  const entry = decodeEntry(delivery.data);
  if (entry === undefined) return delivery.term('undecodable');
  try {
    const { event_id, seq, type } = entry;
    await follow(delivery.traceparent, 'notify.follow', { event_id, seq, type }, () => scribe.advance(event_id, seq));
  } catch (err) {
    log.warn({ err, event_id: entry.event_id }, 'journal not read on');
  }
  await delivery.done();
}

/** Looks into PostgreSQL for entries that no stream has brought: it may be wiped, behind or away. */
export async function followDatabase(ctx: Context, { scribe, log }: FollowDeps, pollMs: number): Promise<void> {
  while (!ctx.cancelled) {
    await scribe.catchUp().catch((err) => log.warn({ err }, 'journals not read'));
    await pause(ctx, pollMs);
  }
}
