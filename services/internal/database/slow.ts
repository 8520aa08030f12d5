import { DefaultLogger, type LogContext } from '@mikro-orm/core';
import type { Logger } from '../log/log.ts';
import type { PoolMeter } from './pool.ts';

/** Is the time after which a statement is called slow, in milliseconds. */
export const slowMs = 1_000;

/** Is who hears of statements: the log of slow ones, and where there is one what measures all. */
export interface Hearers {
  log: Logger;
  pool?: PoolMeter | undefined;
}

/** Runs a statement; a slow one is logged with its text, in which values are $1, $2 …, never with the values. */
export async function timed<T>(hearers: Hearers, sql: string, run: () => Promise<T>): Promise<T> {
  const startedAt = performance.now();
  try {
    return await run();
  } finally {
    const ms = Math.round(performance.now() - startedAt);
    hearers.pool?.statement(ms / 1_000);
    if (ms >= slowMs) tell(hearers, sql, ms);
  }
}

/** Tells of the slow statements that MikroORM composes itself. */
export class SlowLog extends DefaultLogger {
  readonly #hearers: Hearers;

  constructor(hearers: Hearers) {
    super({ writer: () => {} });
    this.#hearers = hearers;
  }

  override logQuery({ query = '', took = 0 }: LogContext): void {
    tell(this.#hearers, query, Math.round(took));
  }
}

function tell({ log, pool }: Hearers, sql: string, ms: number): void {
  pool?.slow();
  log.warn({ sql: sql.replace(/\s+/g, ' ').trim(), ms }, 'slow statement');
}
