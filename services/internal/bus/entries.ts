import { streams } from '@kilat/contract';
import { AckPolicy, DeliverPolicy, type JetStreamClient, type JetStreamManager } from '@nats-io/jetstream';
import { nanos } from '@nats-io/transport-node';
import { type Deliveries, deliveriesOf } from './work.ts';

/**
 * Opens a target's durable on stream JOURNAL for pulling, declaring it when it is gone: a new one begins with what is
 * published from then on. What came before, and what a wiped stream held, its target reads from PostgreSQL.
 */
export async function openEntries(
  { js, jsm, ackWaitMs }: { js: JetStreamClient; jsm: JetStreamManager; ackWaitMs: number },
  name: string,
): Promise<Deliveries> {
  const config = {
    ack_policy: AckPolicy.Explicit,
    ack_wait: nanos(ackWaitMs),
    max_deliver: -1,
    max_ack_pending: 1_000,
  };
  try {
    await jsm.consumers.info(streams.journal, name);
    await jsm.consumers.update(streams.journal, name, config);
  } catch {
    await jsm.consumers.add(streams.journal, { durable_name: name, deliver_policy: DeliverPolicy.New, ...config });
  }
  return deliveriesOf(await js.consumers.get(streams.journal, name), ackWaitMs);
}
