import type { MigrationObject } from '@mikro-orm/core';
import { Migrator } from '@mikro-orm/migrations';
import type { EntityManager } from '@mikro-orm/postgresql';
import { MikroORM } from '@mikro-orm/postgresql';
import { CompiledQuery } from 'kysely';
import pg from 'pg';
import { Fault } from '../fault/fault.ts';
import type { Logger } from '../log/log.ts';
import type { Meter } from '../metrics/meter.ts';
import { entities } from './entities.ts';
import { poolMeter } from './pool.ts';
import { applicationName } from './release.ts';
import { type Fates, retried, uncommitted, undone } from './retry.ts';
import { type Hearers, SlowLog, slowMs, timed } from './slow.ts';
import { transact } from './transact.ts';
import { asUnavailable, withoutData } from './transient.ts';

/** Runs SQL with parameters $1, $2 …; timestamptz comes as Date, bigint as number, date as text. */
export interface Queryable {
  query<Row extends object>(sql: string, params?: readonly unknown[]): Promise<Row[]>;
}

/** Is one transaction: it commits when its work returns and rolls back when it throws. */
export interface Transaction extends Queryable {
  readonly em: EntityManager;
}

/**
 * Is the pool of connections to PostgreSQL. A server that cannot be reached throws a Fault of kind unavailable. Before
 * that, what was certainly not done is tried again, up to 3 times: a connection refused, a deadlock or a serialization
 * failure, a read or a transaction before its commit that lost its connection. Never a write or a commit of which only
 * the answer was lost: it may have happened.
 */
export interface Database extends Queryable, AsyncDisposable {
  /** Runs work in a transaction; it may run more than once, each time from the start, so that it acts by `tx` alone. */
  transaction<T>(work: (tx: Transaction) => Promise<T>): Promise<T>;
  /** Reads in one snapshot: every query inside sees the same commits. */
  snapshot<T>(work: (tx: Transaction) => Promise<T>): Promise<T>;
  /** Answers undefined when the database answers, else why not. */
  probe(): Promise<string | undefined>;
}

/** Says where PostgreSQL is and how many connections one process may hold; `meter` measures them. */
export interface DatabaseOptions {
  url: string;
  poolSize: number;
  log: Logger;
  meter?: Meter | undefined;
}

/** Opens the pool; the first query connects. */
export async function openDatabase(options: DatabaseOptions): Promise<Database> {
  const { log } = options;
  const hearers = { log, pool: options.meter && poolMeter(options.meter, options.poolSize) };
  const orm = await initOrm(options, [], hearers);
  const again = <T>(work: () => Promise<T>, fates: () => Fates) => guarded(() => retried(log, work, fates));
  return {
    query: (sql, params) =>
      again(
        () => execute(orm.em.fork(), hearers, sql, params),
        () => (/^\s*select\b/i.test(sql) ? uncommitted : undone),
      ),
    transaction: (work) => {
      let fates = uncommitted;
      const committing = () => {
        fates = undone;
      };
      return again(
        () => {
          fates = uncommitted;
          return transact(orm.em.fork(), (em) => work(transactionOf(em, hearers)), { committing });
        },
        () => fates,
      );
    },
    snapshot: (work) =>
      again(
        () => transact(orm.em.fork(), (em) => work(transactionOf(em, hearers)), { snapshot: true }),
        () => uncommitted,
      ),
    probe: () =>
      execute(orm.em.fork(), hearers, 'select 1').then(
        () => undefined,
        () => 'the database does not answer',
      ),
    [Symbol.asyncDispose]: () => orm.close(true),
  };
}

/** Connects MikroORM; for this package alone. */
export function initOrm(options: DatabaseOptions, migrationsList: MigrationObject[] = [], hearers: Hearers = options) {
  return MikroORM.init({
    clientUrl: options.url,
    entities,
    // One is kept while a process lives: by it the next release sees that it does.
    pool: { min: 1, max: options.poolSize },
    driverOptions: {
      onPoolCreated: (pool: pg.Pool) => {
        parseTypes(pool);
        hearers.pool?.watch(pool);
      },
      statement_timeout: 30_000,
      connectionTimeoutMillis: 5_000,
      application_name: applicationName(),
    },
    extensions: [Migrator],
    migrations: { migrationsList, snapshot: false, tableName: 'migrations' },
    logger: (message) => options.log.debug({ orm: message }, 'orm'),
    slowQueryThreshold: slowMs,
    slowQueryLoggerFactory: () => new SlowLog(hearers),
  });
}

function transactionOf(em: EntityManager, hearers: Hearers): Transaction {
  return { em, query: (sql, params) => execute(em, hearers, sql, params) };
}

async function execute<Row extends object>(
  em: EntityManager,
  hearers: Hearers,
  sql: string,
  params: readonly unknown[] = [],
): Promise<Row[]> {
  const query = CompiledQuery.raw(sql, [...params]);
  const result = await timed(hearers, sql, () => em.getKysely<unknown>().executeQuery<Row>(query));
  return result.rows;
}

// Raw rows come as programs want them; every bigint here is a seq or a size, far below 2^53.
function parseTypes(pool: pg.Pool): void {
  const types = pool.options.types;
  if (!(types instanceof pg.TypeOverrides)) return;
  types.setTypeParser(pg.types.builtins.INT8, Number);
  types.setTypeParser(pg.types.builtins.TIMESTAMPTZ, (text) =>
    pg.types.getTypeParser(pg.types.builtins.TIMESTAMPTZ)(text),
  );
}

async function guarded<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof Fault) throw error;
    throw asUnavailable(withoutData(error));
  }
}
