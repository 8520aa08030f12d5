import { DefaultLogger, type LogContext } from '@mikro-orm/core';
import type { Logger } from '../log/log.ts';

/** Is the time after which a statement is called slow, in milliseconds. */
export const slowMs = 1_000;

/** Runs a statement; a slow one is logged with its text, in which values are $1, $2 …, never with the values. */
export async function timed<T>(log: Logger, sql: string, run: () => Promise<T>): Promise<T> {
  const startedAt = performance.now();
  try {
    return await run();
  } finally {
    const ms = Math.round(performance.now() - startedAt);
    if (ms >= slowMs) tell(log, sql, ms);
  }
}

/** Tells of the slow statements that MikroORM composes itself. */
export class SlowLog extends DefaultLogger {
  readonly #log: Logger;

  constructor(log: Logger) {
    super({ writer: () => {} });
    this.#log = log;
  }

  override logQuery({ query = '', took = 0 }: LogContext): void {
    tell(this.#log, query, Math.round(took));
  }
}

function tell(log: Logger, sql: string, ms: number): void {
  log.warn({ sql: sql.replace(/\s+/g, ' ').trim(), ms }, 'slow statement');
}
