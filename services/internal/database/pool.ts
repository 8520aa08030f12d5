import type pg from 'pg';
import type { Meter } from '../metrics/meter.ts';

/** Measures one pool of connections and its statements. */
export interface PoolMeter {
  statement(seconds: number): void;
  slow(): void;
  /** Reads the pool from now on: it comes with the first query. */
  watch(pool: pg.Pool): void;
}

/** Makes what measures a pool of at most `most` connections. */
export function poolMeter(meter: Meter, most: number): PoolMeter {
  let pool: pg.Pool | undefined;
  const reading = (name: string, help: string, read: (of: pg.Pool) => number) =>
    meter.reading(`database_connections_${name}`, help, () => (pool === undefined ? 0 : read(pool)));
  reading('busy', 'Connections to PostgreSQL that work', (of) => of.totalCount - of.idleCount);
  reading('idle', 'Connections to PostgreSQL that wait for work', (of) => of.idleCount);
  reading('wanted', 'Callers that wait for a connection to PostgreSQL', (of) => of.waitingCount);
  meter.reading('database_connections_most', 'Connections to PostgreSQL that this target may hold', () => most);
  const statements = meter.seconds('database_statement_seconds', 'From the sending of a statement to its result');
  const slow = meter.counter('database_slow_statements_total', 'Statements that took a second or longer');
  return {
    statement: (seconds) => statements.observe(seconds),
    slow: () => slow.inc(),
    watch: (opened) => {
      pool = opened;
    },
  };
}
