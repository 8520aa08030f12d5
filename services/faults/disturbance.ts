import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Fleet, type UnitName, wipeNats } from './fleet.ts';
import type { Ledger } from './ledger.ts';

/** Is one thing that goes wrong, whose harm has healed when it settles. */
export interface Disturbance {
  name: string;
  happen(): Promise<void>;
}

const killable: readonly UnitName[] = [
  ...(['upload-1', 'upload-2', 'api', 'live', 'media', 'relay', 'thumbnail'] as const),
  ...(['postgres', 'nats', 'objectstore', 'redis'] as const),
];

/** Makes the kill of a random process. */
export function randomKill(fleet: Fleet, random: () => number): Disturbance {
  const name = killable[Math.floor(random() * killable.length)] ?? 'relay';
  return { name: `kill -9 ${name}`, happen: () => fleet.units[name].hit('SIGKILL') };
}

/** Makes a rolling restart of every target by SIGTERM. */
export function rollingRestart(fleet: Fleet): Disturbance {
  return {
    name: 'rolling restart',
    async happen() {
      for (const name of killable.slice(0, 7)) await fleet.units[name].hit('SIGTERM');
    },
  };
}

/** Makes the loss of all that nats-server has. */
export function natsWiped(fleet: Fleet): Disturbance {
  return { name: 'nats wiped', happen: () => fleet.units.nats.whileDown('SIGKILL', () => wipeNats(fleet)) };
}

/** Makes an absence of one server, in milliseconds. */
export function absence(fleet: Fleet, name: UnitName, ms: number): Disturbance {
  return {
    name: `${name} down ${ms / 1_000} s`,
    happen: () => fleet.units[name].whileDown('SIGKILL', () => sleep(ms)),
  };
}

/** Makes the loss of all that Redis remembers. */
export function redisFlushed(fleet: Fleet): Disturbance {
  const url = new URL(fleet.env.REDIS_URL ?? '');
  return {
    name: 'redis flushed',
    async happen() {
      const socket = connect(Number(url.port), url.hostname);
      // It may be down at that moment, and then it has nothing to lose.
      socket.on('error', () => {}).end('FLUSHALL\r\nQUIT\r\n');
      await new Promise((resolve) => socket.resume().once('close', resolve));
    },
  };
}

const terminateEveryMs = 2_000;

/** Makes the end of all connections to PostgreSQL but our own, again and again for some milliseconds. */
export function terminations(ledger: Ledger, ms: number): Disturbance {
  const sql = `select pg_terminate_backend(pid) from pg_stat_activity where application_name like 'kilat%'`;
  return {
    name: `connections to PostgreSQL ended for ${ms / 1_000} s`,
    async happen() {
      for (const end = Date.now() + ms; Date.now() < end; await sleep(terminateEveryMs)) await ledger.query(sql);
    },
  };
}

/** Makes the provider give up a multipart upload that is going on; nothing happens where there is none. */
export function multipartAborted(ledger: Ledger, abort: (key: string, uploadId: string) => Promise<void>): Disturbance {
  return {
    name: 'multipart aborted',
    async happen() {
      const [row] = await ledger.query<{ key: string; id: string }>(
        `select 'e/' || event_id || '/' || photo_id || '/original-1' as key, multipart_id as id from uploads
         where state = 'open' and multipart_id is not null order by random() limit 1`,
      );
      if (row !== undefined) await abort(row.key, row.id).catch(() => {});
    },
  };
}
