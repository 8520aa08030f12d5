import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { decodeEntry, type Entry, streams } from '@kilat/contract';
import { jetstream, jetstreamManager } from '@nats-io/jetstream';
import { connect } from '@nats-io/transport-node';
import { freePort } from '../../../deploy/local/port.ts';
import { startNats } from '../../../deploy/local/servers/nats.ts';
import { temporaryFolder } from '../../../deploy/local/testing.ts';
import { silentLog } from '../log/log.ts';
import { contextOf } from '../process/context.ts';
import { type Bus, openBus } from './bus.ts';

/** Is a nats-server of one test's own, with a bus on it, that can be treated badly. */
export interface TestBus extends AsyncDisposable {
  readonly url: string;
  readonly bus: Bus;
  /** Asks the server's monitoring port, as what watches it from outside does. */
  monitor(path: string): Promise<unknown>;
  /** Lets stream JOURNAL take nothing more, as one whose store is full, while all else goes on. */
  fillUp(): Promise<void>;
  /** Kills the server as a power cut does. */
  kill(): Promise<void>;
  /** Starts it again on the same port, with what it had stored. */
  restart(): Promise<void>;
  /** Kills it and deletes all that it had stored, then starts it again, empty. */
  wipe(): Promise<void>;
}

/** Starts a nats-server with streams and durables declared. */
export async function startTestBus(): Promise<TestBus> {
  const [dataDir, port] = [temporaryFolder(), await freePort()];
  let nats = await startNats({ dataDir, port });
  const url = nats.env.NATS_URL ?? '';
  const end = new AbortController();
  const bus = await openBus(contextOf(end.signal), { url, log: silentLog() });
  await bus.declare();
  const monitor = async (path: string) => {
    const config = await readFile(join(dataDir, 'nats', 'nats.conf'), 'utf8');
    return (await fetch(`http://${config.match(/^http: "(.+)"$/m)?.[1]}${path}`)).json();
  };
  const kill = async () => {
    nats.kill('SIGKILL');
    await nats.exited;
  };
  const restart = async () => {
    nats = await startNats({ dataDir, port });
  };
  const wipe = async () => {
    await kill();
    await rm(join(dataDir, 'nats', 'store'), { recursive: true, force: true });
    await restart();
  };
  const dispose = async () => {
    end.abort();
    await bus[Symbol.asyncDispose]();
    await nats.stop();
  };
  const fillUp = async () => {
    const connection = await connect({ servers: url });
    const manager = await jetstreamManager(connection);
    const sealed = { ...(await manager.streams.info(streams.journal)).config, sealed: true };
    await manager.streams.update(streams.journal, sealed);
    await connection.close();
  };
  return { url, bus, monitor, fillUp, kill, restart, wipe, [Symbol.asyncDispose]: dispose };
}

/** Reads all that stream JOURNAL holds, in its order. */
export async function readJournalStream(url: string): Promise<Entry[]> {
  const connection = await connect({ servers: url });
  try {
    const manager = await jetstreamManager(connection);
    const { messages } = (await manager.streams.info(streams.journal)).state;
    if (messages === 0) return [];
    const consumer = await jetstream(connection).consumers.get(streams.journal);
    const entries: Entry[] = [];
    for await (const message of await consumer.consume()) {
      const entry = decodeEntry(message.data);
      if (entry !== undefined) entries.push(entry);
      if (message.info.pending === 0) break;
    }
    return entries;
  } finally {
    await connection.close();
  }
}
