import { setTimeout } from 'node:timers/promises';
import type { Due, Durable, Entry, Lane, StageName } from '@kilat/contract';
import {
  decodeWith,
  encodeDue,
  encodeEntry,
  JobProgress,
  journalSubject,
  progressSubject,
  wakeSubject,
  workSubject,
} from '@kilat/contract';
import { type JetStreamClient, type JetStreamManager, jetstream, jetstreamManager } from '@nats-io/jetstream';
import { connect, headers, type MsgHdrs, type NatsConnection } from '@nats-io/transport-node';
import { Fault } from '../fault/fault.ts';
import type { Logger } from '../log/log.ts';
import { type Context, pause } from '../process/context.ts';
import { currentTrace } from '../trace/trace.ts';
import { openEntries } from './entries.ts';
import { followJournal, type JournalHandler } from './follow.ts';
import { watchReconnects } from './reconnect.ts';
import { type ConsumerLag, declareAll, lagOf, oldestServer } from './stream.ts';
import { type Deliveries, openDeliveries } from './work.ts';

/** Is the door to NATS. What the server refuses or does not answer is a Fault of kind unavailable. */
export interface Bus extends AsyncDisposable {
  /** Is how long a delivery may be silent before it goes to another consumer. */
  readonly ackWaitMs: number;
  /** Makes streams and durables as they should be, each stream on so many servers of a cluster; may be repeated at any time. */
  declare(replicas?: number): Promise<void>;
  /** Tells the relay that something was committed; never throws, for the relay polls besides. */
  wake(): void;
  /** Calls a handler for each wake until the answered function is called. */
  onWake(handler: () => void): () => void;
  /** Passes progress hints on; never throws, they are best effort. */
  hint(progress: JobProgress): void;
  /** Calls a handler for each hint until the answered function is called. */
  onHint(handler: (progress: JobProgress) => void): () => void;
  publishEntry(entry: Entry): Promise<void>;
  /** Publishes due work and gives its number in stream WORK. */
  publishDue(due: Due): Promise<number>;
  /** Hands over entries as they are published, until ctx is cancelled; see JournalHandler for what may be missing. */
  follow(ctx: Context, handler: JournalHandler): Promise<void>;
  /** Opens one durable's deliveries; it is declared again when it is gone. */
  deliveries(stage: StageName, lane: Lane): Promise<Deliveries>;
  /** Opens the durable of target notify on stream JOURNAL; what it may not bring, PostgreSQL has. */
  entries(): Promise<Deliveries>;
  /** Tells where a durable stands; the relay finds lost work by it. */
  lag(durable: Durable): Promise<ConsumerLag>;
}

/** Says where nats-server is. */
export interface BusOptions {
  url: string;
  log: Logger;
  /** Is how long a delivery may be silent before it goes to another consumer, in seconds; 60 unless told. */
  ackWaitSeconds?: number;
}

/** Connects, waiting for the server as long as ctx lives. Throws when the server is too old to keep our settings. */
export async function openBus(ctx: Context, options: BusOptions): Promise<Bus> {
  const connection = await dial(ctx, options);
  const js = jetstream(connection, { timeout: 5_000 });
  const jsm = await guarded(() => jetstreamManager(connection, { timeout: 5_000, checkAPI: false }));
  return busOf(connection, { js, jsm, log: options.log, ackWaitMs: (options.ackWaitSeconds ?? 60) * 1_000 });
}

interface Parts {
  js: JetStreamClient;
  jsm: JetStreamManager;
  log: Logger;
  ackWaitMs: number;
}

function busOf(connection: NatsConnection, { js, jsm, log, ackWaitMs }: Parts): Bus {
  const reconnects = watchReconnects(connection);
  // What is told to a connection that is ending is not heard; whoever tells it has committed already, and must not fail.
  const hears = () => !connection.isClosed() && !connection.isDraining();
  return {
    ackWaitMs,
    declare: (replicas = 1) => guarded(() => declareAll(jsm, { ackWaitMs, replicas })),
    wake: () => {
      if (hears()) connection.publish(wakeSubject);
    },
    onWake: (handler) => {
      const subscription = connection.subscribe(wakeSubject, { callback: handler });
      return () => subscription.unsubscribe();
    },
    hint: (progress) => {
      if (hears()) connection.publish(progressSubject(progress.event_id, progress.job_id), JSON.stringify(progress));
    },
    onHint: (handler) => {
      const subscription = connection.subscribe(progressSubject('*', '*'), {
        callback: (_err, message) => {
          const progress = decodeWith(JobProgress, message.data);
          if (progress !== undefined) handler(progress);
        },
      });
      return () => subscription.unsubscribe();
    },
    publishEntry: (entry) => guarded(() => publishEntry(js, entry)),
    publishDue: (due) => guarded(() => publishDue(js, due)),
    follow: (ctx, handler) => followJournal(ctx, { js, reconnects, log }, handler),
    deliveries: (stage, lane) => guarded(() => openDeliveries({ js, jsm, ackWaitMs }, stage, lane)),
    entries: () => guarded(() => openEntries({ js, jsm, ackWaitMs })),
    lag: (durable) => guarded(() => lagOf(jsm, durable)),
    [Symbol.asyncDispose]: () => close(connection),
  };
}

async function dial(ctx: Context, { url, log }: BusOptions): Promise<NatsConnection> {
  while (!ctx.cancelled) {
    try {
      const connection = await connect({
        ...serverOf(url),
        maxReconnectAttempts: -1,
        reconnectTimeWait: 250,
        reconnectJitter: 250,
        pingInterval: 20_000,
        timeout: 5_000,
      });
      return await youngEnough(connection);
    } catch (err) {
      if (err instanceof Fault) throw err;
      log.warn({ err }, 'bus not reached');
      await pause(ctx, 500);
    }
  }
  throw new Fault('unavailable', 'The bus was not reached.');
}

// The client reads no credentials out of a URL.
function serverOf(url: string) {
  const { username, password, host } = new URL(url);
  if (username === '') return { servers: url };
  const [user, pass] = [username, password].map(decodeURIComponent);
  return { servers: host, user, pass };
}

async function youngEnough(connection: NatsConnection): Promise<NatsConnection> {
  try {
    oldestServer(connection.info?.version ?? '0');
    return connection;
  } catch (error) {
    await connection.close();
    throw error;
  }
}

// A drain waits for the server, which may never come back.
async function close(connection: NatsConnection): Promise<void> {
  const drained = connection.drain().catch(() => {});
  await Promise.race([drained, setTimeout(2_000, undefined, { ref: false })]);
  await connection.close();
}

async function publishEntry(js: JetStreamClient, entry: Entry): Promise<void> {
  const msgID = `${entry.epoch}:${entry.event_id}:${entry.seq}`;
  await js.publish(journalSubject(entry.event_id, entry.type), encodeEntry(entry), { msgID, ...traced() });
}

async function publishDue(js: JetStreamClient, due: Due): Promise<number> {
  const msgID = `${due.photo_id}:${due.stage}:${due.generation}`;
  const ack = await js.publish(workSubject(due.stage, due.lane, due.event_id), encodeDue(due), { msgID, ...traced() });
  return ack.seq;
}

// The trace that a message belongs to goes in its header, as W3C has it for HTTP.
function traced(): { headers?: MsgHdrs } {
  const traceparent = currentTrace();
  if (traceparent === undefined) return {};
  const added = headers();
  added.set('traceparent', traceparent);
  return { headers: added };
}

// Whatever JetStream does not do now is a matter of waiting: Postgres still has it.
async function guarded<T>(call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (cause) {
    if (cause instanceof Fault) throw cause;
    throw new Fault('unavailable', 'The message bus is not available.', { cause, class: 'network' });
  }
}
