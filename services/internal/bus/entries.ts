import { notifyDurable } from '@kilat/contract';
import type { JetStreamClient, JetStreamManager } from '@nats-io/jetstream';
import { declareEntries } from './stream.ts';
import { type Deliveries, deliveriesOf } from './work.ts';

/** Opens the durable of target notify on stream JOURNAL for pulling, declaring it when it is gone. */
export async function openEntries(parts: {
  js: JetStreamClient;
  jsm: JetStreamManager;
  ackWaitMs: number;
}): Promise<Deliveries> {
  await declareEntries(parts.jsm, parts.ackWaitMs);
  return deliveriesOf(await parts.js.consumers.get(notifyDurable.stream, notifyDurable.name), parts.ackWaitMs);
}
