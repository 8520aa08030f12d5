import {
  type Durable,
  durableName,
  type Lane,
  notifyDurable,
  type StageName,
  streams,
  workDurables,
} from '@kilat/contract';
import {
  AckPolicy,
  DeliverPolicy,
  DiscardPolicy,
  JetStreamApiCodes,
  JetStreamApiError,
  type JetStreamManager,
  RetentionPolicy,
  StorageType,
} from '@nats-io/jetstream';
import { nanos } from '@nats-io/transport-node';
import { Fault } from '../fault/fault.ts';

const day = 24 * 3_600_000;

/**
 * Tells where a durable stands: the stream it reads (by its birth), the message up to which all are acked, and how many
 * are not acked yet, delivered or not, as autoscalers count them.
 */
export interface ConsumerLag {
  stream: string;
  firstSeq: number;
  lastSeq: number;
  ackedSeq: number;
  unacked: number;
}

/** Throws when a server is older than 2.11: it would drop settings that we rely on without a word. */
export function oldestServer(version: string): void {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  if (major > 2 || (major === 2 && minor >= 11)) return;
  throw new Fault('internal', `nats-server ${version} is too old: 2.11 is the oldest that works`);
}

/** Says how streams and durables are kept; `replicas` is on how many servers of a cluster, which has to have as many. */
export interface Keeping {
  ackWaitMs: number;
  replicas: number;
}

/** Makes streams JOURNAL and WORK and their durables, or brings them up to date. */
export async function declareAll(jsm: JetStreamManager, { ackWaitMs, replicas }: Keeping): Promise<void> {
  const common = {
    retention: RetentionPolicy.Limits,
    storage: StorageType.File,
    discard: DiscardPolicy.Old,
    duplicate_window: nanos(600_000),
    num_replicas: replicas,
  };
  await declareStream(jsm, { name: streams.journal, subjects: ['journal.>'], max_age: nanos(7 * day), ...common });
  await declareStream(jsm, { name: streams.work, subjects: ['work.>'], max_age: nanos(day), ...common });
  for (const { stage, lane } of workDurables) await declareDurable(jsm, stage, lane, ackWaitMs);
  await declareEntries(jsm, ackWaitMs);
}

async function declareStream(
  jsm: JetStreamManager,
  config: { name: string } & Parameters<JetStreamManager['streams']['add']>[0],
): Promise<void> {
  try {
    await jsm.streams.update(config.name, config);
  } catch (error) {
    if (!isMissingStream(error)) throw error;
    await jsm.streams.add(config);
  }
}

function isMissingStream(error: unknown): boolean {
  return error instanceof JetStreamApiError && error.code === JetStreamApiCodes.StreamNotFound;
}

/** Makes one durable as DESIGN has it: explicit acks, no limit of deliveries, for retries belong to Postgres. */
export async function declareDurable(
  jsm: JetStreamManager,
  stage: StageName,
  lane: Lane,
  ackWaitMs: number,
): Promise<void> {
  const durable_name = durableName(stage, lane);
  const config = {
    durable_name,
    filter_subject: `work.${stage}.${lane}.*`,
    ...acknowledged(ackWaitMs),
  };
  try {
    await jsm.consumers.add(streams.work, config);
  } catch {
    // It is there with other settings, of another release.
    await jsm.consumers.update(streams.work, durable_name, config);
  }
}

/**
 * Makes the durable of target notify: a new one begins with what is published from then on. What came before, and what a
 * wiped stream held, its target reads from PostgreSQL.
 */
export async function declareEntries(jsm: JetStreamManager, ackWaitMs: number): Promise<void> {
  const { stream, name } = notifyDurable;
  const config = acknowledged(ackWaitMs);
  try {
    await jsm.consumers.info(stream, name);
    await jsm.consumers.update(stream, name, config);
  } catch {
    await jsm.consumers.add(stream, { durable_name: name, deliver_policy: DeliverPolicy.New, ...config });
  }
}

function acknowledged(ackWaitMs: number) {
  return {
    ack_policy: AckPolicy.Explicit,
    ack_wait: nanos(ackWaitMs),
    max_deliver: -1,
    max_ack_pending: 1_000,
  };
}

/** Reads where a durable stands. */
export async function lagOf(jsm: JetStreamManager, { stream: streamName, name }: Durable): Promise<ConsumerLag> {
  const stream = await jsm.streams.info(streamName);
  const consumer = await jsm.consumers.info(streamName, name);
  const { first_seq: firstSeq, last_seq: lastSeq } = stream.state;
  const { num_pending, num_ack_pending, ack_floor } = consumer;
  const unacked = num_pending + num_ack_pending;
  return { stream: stream.created, firstSeq, lastSeq, ackedSeq: ack_floor.stream_seq, unacked };
}
