import { decodeEntry, type Entry, streams } from '@kilat/contract';
import { DeliverPolicy, type JetStreamClient } from '@nats-io/jetstream';
import type { Logger } from '../log/log.ts';
import { type Context, pause } from '../process/context.ts';

/**
 * Is told what an ordered consumer sees from now on. After `restarted` entries may be missing or come again: who must
 * be complete compares seqs and reads Postgres.
 */
export interface JournalHandler {
  entry(entry: Entry): void;
  restarted(): void;
}

/** Follows stream JOURNAL from now on, opening a new consumer whenever the old one ended, until ctx is cancelled. */
export async function followJournal(
  ctx: Context,
  js: JetStreamClient,
  handler: JournalHandler,
  log: Logger,
): Promise<void> {
  while (!ctx.cancelled) {
    try {
      const consumer = await js.consumers.get(streams.journal, { deliver_policy: DeliverPolicy.New });
      const messages = await consumer.consume({ max_messages: 500, idle_heartbeat: 5_000 });
      const stop = () => messages.stop();
      ctx.signal.addEventListener('abort', stop, { once: true });
      handler.restarted();
      for await (const message of messages) {
        const entry = decodeEntry(message.data);
        if (entry !== undefined) handler.entry(entry);
      }
      ctx.signal.removeEventListener('abort', stop);
    } catch (err) {
      if (!ctx.cancelled) log.info({ err }, 'journal consumer ended');
    }
    await pause(ctx, 500);
  }
}
