import { durableName, type Lane, type StageName, streams } from '@kilat/contract';
import type { Consumer, JetStreamClient, JetStreamManager } from '@nats-io/jetstream';
import { declareDurable } from './stream.ts';

/** Is one message of WORK in our hands. */
export interface Delivery {
  readonly data: Uint8Array;
  readonly subject: string;
  /** Says that work goes on, so that it is not given to another. */
  working(): void;
  /** Says that it is settled, and waits until the server knows. */
  done(): Promise<void>;
  /** Says that it can never be understood. */
  term(reason: string): void;
}

/** Pulls from one durable, one message per free slot: none waits in a client's buffer while its ack_wait runs. */
export interface Deliveries {
  /** Waits up to some seconds for the next message; undefined when none came. */
  next(waitMs: number): Promise<Delivery | undefined>;
}

/** Opens a durable for pulling, declaring it when it is gone. */
export async function openDeliveries(
  js: JetStreamClient,
  jsm: JetStreamManager,
  stage: StageName,
  lane: Lane,
  ackWaitMs: number,
): Promise<Deliveries> {
  const consumer = await getConsumer(js, jsm, stage, lane, ackWaitMs);
  return {
    async next(waitMs) {
      const message = await consumer.next({ expires: waitMs });
      if (message === null) return undefined;
      return {
        data: message.data,
        subject: message.subject,
        working: () => message.working(),
        done: async () => void (await message.ackAck()),
        term: (reason) => message.term(reason),
      };
    },
  };
}

async function getConsumer(
  js: JetStreamClient,
  jsm: JetStreamManager,
  stage: StageName,
  lane: Lane,
  ackWaitMs: number,
): Promise<Consumer> {
  await declareDurable(jsm, stage, lane, ackWaitMs);
  return js.consumers.get(streams.work, durableName(stage, lane));
}
