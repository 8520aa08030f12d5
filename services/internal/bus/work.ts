import { durableName, type Lane, type StageName, streams } from '@kilat/contract';
import type { Consumer, JetStreamClient, JetStreamManager, JsMsg } from '@nats-io/jetstream';
import { parseTraceparent } from '../trace/trace.ts';
import { declareDurable } from './stream.ts';

/** Is one message of a durable in our hands: the server hears that work goes on until one of its methods ends that. */
export interface Delivery {
  readonly data: Uint8Array;
  readonly subject: string;
  /** Is the trace that it belongs to, if it does. */
  readonly traceparent?: string | undefined;
  /** Says that it is settled, and waits until the server knows. */
  done(): Promise<void>;
  /** Gives it back: it comes again at once, here or elsewhere. */
  release(): void;
  /** Says that it can never be understood. */
  term(reason: string): void;
}

/** Pulls from one durable, one message at a time: none waits in a client's buffer while its ack_wait runs. */
export interface Deliveries {
  /** Waits up to some milliseconds (at least 1,000) for the next message; undefined when none came. */
  next(waitMs: number): Promise<Delivery | undefined>;
}

/** Opens a durable for pulling, declaring it when it is gone. */
export async function openDeliveries(
  { js, jsm, ackWaitMs }: { js: JetStreamClient; jsm: JetStreamManager; ackWaitMs: number },
  stage: StageName,
  lane: Lane,
): Promise<Deliveries> {
  await declareDurable(jsm, stage, lane, ackWaitMs);
  return deliveriesOf(await js.consumers.get(streams.work, durableName(stage, lane)), ackWaitMs);
}

/** Pulls from a consumer, each message with a heartbeat while it is in hand. */
export function deliveriesOf(consumer: Consumer, ackWaitMs: number): Deliveries {
  return {
    async next(waitMs) {
      const message = await consumer.next({ expires: waitMs });
      return message === null ? undefined : inHand(message, ackWaitMs);
    },
  };
}

function inHand(message: JsMsg, ackWaitMs: number): Delivery {
  const heartbeat = setInterval(() => message.working(), ackWaitMs / 3);
  const ending =
    <Args extends unknown[], Result>(end: (...args: Args) => Result) =>
    (...args: Args) => {
      clearInterval(heartbeat);
      return end(...args);
    };
  return {
    data: message.data,
    subject: message.subject,
    traceparent: parseTraceparent(message.headers?.get('traceparent')),
    done: ending(async () => void (await message.ackAck())),
    release: ending(() => message.nak()),
    term: ending((reason: string) => message.term(reason)),
  };
}
