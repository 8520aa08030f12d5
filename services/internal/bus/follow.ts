import { decodeEntry, type Entry, streams } from '@kilat/contract';
import { type ConsumerMessages, DeliverPolicy, type JetStreamClient } from '@nats-io/jetstream';
import type { Logger } from '../log/log.ts';
import { type Context, pause } from '../process/context.ts';
import type { Reconnects } from './reconnect.ts';

/**
 * Is told what an ordered consumer sees from now on. After `restarted` entries may be missing or come again: who must
 * be complete compares seqs and reads Postgres.
 */
export interface JournalHandler {
  entry(entry: Entry): void;
  restarted(): void;
}

/** Is what following needs. */
export interface FollowDeps {
  js: JetStreamClient;
  reconnects: Reconnects;
  log: Logger;
}

// An ordered consumer mends itself by going on after the last seq it saw. In a stream that was wiped that place may
// be far ahead: on any of these signs a new consumer starts from now.
const troubles: readonly string[] = [
  'heartbeats_missed',
  'stream_not_found',
  'consumer_not_found',
  'consumer_deleted',
  'ordered_consumer_recreated',
  'no_responders',
];

/** Follows stream JOURNAL from now on, with a new consumer whenever the old one ended, until ctx is cancelled. */
export async function followJournal(ctx: Context, deps: FollowDeps, handler: JournalHandler): Promise<void> {
  while (!ctx.cancelled) {
    try {
      await followOnce(ctx, deps, handler);
    } catch (err) {
      if (!ctx.cancelled) deps.log.info({ err }, 'journal consumer ended');
    }
    await pause(ctx, 500);
  }
}

async function followOnce(ctx: Context, { js, reconnects }: FollowDeps, handler: JournalHandler): Promise<void> {
  const consumer = await js.consumers.get(streams.journal, { deliver_policy: DeliverPolicy.New });
  const messages = await consumer.consume({ max_messages: 500, idle_heartbeat: 5_000 });
  const stop = () => messages.stop();
  const forget = reconnects(stop);
  ctx.signal.addEventListener('abort', stop, { once: true });
  void stopOnTrouble(messages);
  try {
    handler.restarted();
    for await (const message of messages) {
      const entry = decodeEntry(message.data);
      if (entry !== undefined) handler.entry(entry);
    }
  } finally {
    stop();
    forget();
    ctx.signal.removeEventListener('abort', stop);
  }
}

async function stopOnTrouble(messages: ConsumerMessages): Promise<void> {
  for await (const { type } of messages.status()) if (troubles.includes(type)) messages.stop();
}
