import type { Logger } from '#internal/log/log.ts';
import { type Context, pause } from '#internal/process/context.ts';
import { type Brake, createBrake } from '#internal/stages/brake.ts';
import { span } from '#internal/trace/trace.ts';
import type { Channel, Owed, Result } from './channels/channel.ts';
import { fateOf } from './outcome.ts';
import type { OwedStore } from './store.ts';

/** Is what delivering needs; `onSettled` hears how each try ended. */
export interface DeliverDeps {
  store: OwedStore;
  channels: readonly Channel[];
  concurrency: number;
  leaseSeconds: number;
  pollMs: number;
  log: Logger;
  onTried: (owed: Owed, state: string) => void;
}

/** Sends what is due until ctx is cancelled, then waits for what is on its way. */
export async function deliverAll(ctx: Context, deps: DeliverDeps): Promise<void> {
  // One line for each way: a mail server that is slow holds no webhook up.
  await Promise.all(deps.channels.map((channel) => deliverBy(ctx, deps, channel)));
}

async function deliverBy(ctx: Context, deps: DeliverDeps, channel: Channel): Promise<void> {
  const brake = createBrake();
  const lines = Array.from({ length: deps.concurrency }, async () => {
    while (!ctx.cancelled) {
      const tried = await deliverNext(ctx, deps, channel, brake).catch((err) => {
        deps.log.warn({ err, channel: channel.name }, 'delivery interrupted');
        return false;
      });
      if (!tried) await pause(ctx, Math.max(deps.pollMs, brake.pauseMs));
    }
  });
  await Promise.all(lines);
}

async function deliverNext(ctx: Context, deps: DeliverDeps, channel: Channel, brake: Brake): Promise<boolean> {
  const owed = await deps.store.claim([channel.name], deps.leaseSeconds);
  if (owed === undefined) return false;
  const startedAt = performance.now();
  const { id: notification_id, eventId: event_id, kind, attempts } = owed;
  const told = { notification_id, event_id, kind, attempts };
  const result = await span('notify.send', { ...told, channel: channel.name }, () => attempt(deps, channel, owed));
  const tookMs = performance.now() - startedAt;
  if (result.state === 'down') {
    brake.pull();
    deps.log.warn({ channel: channel.name, pause_ms: brake.pauseMs }, 'channel down');
    await deps.store.release(owed, brake.pauseMs);
  } else {
    brake.loosen();
    await deps.store.log(owed, result, tookMs);
    await settle(deps, owed, result);
  }
  deps.onTried(owed, result.state);
  deps.log.info({ ...told, result: result.state }, 'notification tried');
  return result.state !== 'down' && !ctx.cancelled;
}

// Not ctx's signal: a rollout lets what is on its way arrive. Its lease is longer than its time.
async function attempt({ log, leaseSeconds }: DeliverDeps, channel: Channel, owed: Owed): Promise<Result> {
  try {
    return await channel.send(owed, AbortSignal.timeout(leaseSeconds * 900));
  } catch (err) {
    // Not the error itself: what a driver says of a try may hold addresses.
    log.error(
      { notification_id: owed.id, name: err instanceof Error ? err.name : '' },
      'notification failed unforeseen',
    );
    return { state: 'later', class: 'server', error: 'Something unforeseen went wrong.' };
  }
}

async function settle(deps: DeliverDeps, owed: Owed, result: Exclude<Result, { state: 'down' }>): Promise<void> {
  const status = 'status' in result ? result.status : undefined;
  await deps.store.judge(owed, result);
  if (result.state === 'gone') await deps.store.forget(owed);
  await deps.store.settle(owed, fateOf(owed, result), status);
}
