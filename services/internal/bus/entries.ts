import { notifyDurable } from '@kilat/contract';
import { AckPolicy, DeliverPolicy, type JetStreamClient, type JetStreamManager } from '@nats-io/jetstream';
import { nanos } from '@nats-io/transport-node';
import { type Deliveries, deliveriesOf } from './work.ts';

const { stream, name } = notifyDurable;

/** Opens the durable of target notify on stream JOURNAL for pulling, declaring it when it is gone. */
export async function openEntries(parts: {
  js: JetStreamClient;
  jsm: JetStreamManager;
  ackWaitMs: number;
}): Promise<Deliveries> {
  await declareEntries(parts.jsm, parts.ackWaitMs);
  return deliveriesOf(await parts.js.consumers.get(stream, name), parts.ackWaitMs);
}

/**
 * Makes the durable of target notify: a new one begins with what is published from then on. What came before, and what a
 * wiped stream held, its target reads from PostgreSQL.
 */
export async function declareEntries(jsm: JetStreamManager, ackWaitMs: number): Promise<void> {
  const config = {
    ack_policy: AckPolicy.Explicit,
    ack_wait: nanos(ackWaitMs),
    max_deliver: -1,
    max_ack_pending: 1_000,
  };
  try {
    await jsm.consumers.info(stream, name);
    await jsm.consumers.update(stream, name, config);
  } catch {
    await jsm.consumers.add(stream, { durable_name: name, deliver_policy: DeliverPolicy.New, ...config });
  }
}
