import type { MigrationObject } from '@mikro-orm/core';
import pg from 'pg';
import { Fault } from '../fault/fault.ts';
import type { Logger } from '../log/log.ts';
import { type Context, contextOf, pause } from '../process/context.ts';
import { initOrm } from './database.ts';
import { M0001Initial } from './migrations/m0001_initial.ts';
import { M0002Safety } from './migrations/m0002_safety.ts';
import { M0003Recovery } from './migrations/m0003_recovery.ts';
import { M0004Renditions } from './migrations/m0004_renditions.ts';
import { M0005Backfills } from './migrations/m0005_backfills.ts';
import { M0006Backups } from './migrations/m0006_backups.ts';
import { M0007Notifications } from './migrations/m0007_notifications.ts';
import { M0008Failures } from './migrations/m0008_failures.ts';
import { M0009Tries } from './migrations/m0009_tries.ts';
import { M0010Traces } from './migrations/m0010_traces.ts';
import { applicationName, untilAlone } from './release.ts';

/**
 * Is one change of the schema. One that expands leaves what the release before it needs; one that contracts takes that
 * away, so it may only run when no process of that release is left.
 */
interface Migration {
  name: string;
  class: MigrationObject['class'];
  contracts?: true;
}

const migrations: readonly Migration[] = [
  { name: 'm0001_initial', class: M0001Initial },
  { name: 'm0002_safety', class: M0002Safety },
  { name: 'm0003_recovery', class: M0003Recovery },
  { name: 'm0004_renditions', class: M0004Renditions },
  { name: 'm0005_backfills', class: M0005Backfills },
  { name: 'm0006_backups', class: M0006Backups },
  { name: 'm0007_notifications', class: M0007Notifications },
  { name: 'm0008_failures', class: M0008Failures },
  { name: 'm0009_tries', class: M0009Tries },
  { name: 'm0010_traces', class: M0010Traces },
];
// Any constant does, as long as every replica that migrates takes the same lock.
const migrationLock = 7_304_115_001;
// Longer than the pods of a release may take to end.
const aloneMs = 600_000;

/** Names the migrations that this code has, in their order. */
export function knownMigrations(): string[] {
  return migrations.map(({ name }) => name);
}

/**
 * Says which migrations: all, those with which the release before still works, or some by name; tests have their own
 * list. While ctx lasts, one that contracts waits for the end of other releases' processes; 10 minutes unless told.
 */
export interface MigrateOptions {
  ctx?: Context;
  only?: 'expand' | readonly string[] | undefined;
  list?: readonly Migration[];
}

/**
 * Brings the schema up to date, one process at a time; returns the names of what it applied. Throws unavailable, with
 * nothing applied, when a migration that contracts would take away from a process of another release that stays.
 */
export async function migrate(url: string, log: Logger, options: MigrateOptions = {}): Promise<string[]> {
  const lock = new pg.Client({ connectionString: url, application_name: applicationName('migrate') });
  await lock.connect();
  try {
    await lock.query('select pg_advisory_lock($1)', [migrationLock]);
    return await apply(url, log, options, lock);
  } finally {
    await lock.end();
  }
}

async function apply(url: string, log: Logger, options: MigrateOptions, client: pg.Client): Promise<string[]> {
  const { only, list = migrations, ctx = contextOf(AbortSignal.timeout(aloneMs)) } = options;
  const orm = await initOrm({ url, poolSize: 2, log }, [...list]);
  try {
    const due = list.filter(
      (one) => only === undefined || (only === 'expand' ? expands(one) : only.includes(one.name)),
    );
    const pending = new Set((await orm.migrator.getPending()).map(({ name }) => name));
    const missing = due.filter(({ name }) => pending.has(name));
    const names = missing.map(({ name }) => name);
    const contracting = missing.filter((one) => !expands(one)).map(({ name }) => name);
    if (contracting.length > 0) await untilAlone(ctx, client, log, contracting.join(', '));
    const applied = names.length > 0 ? await orm.migrator.up({ migrations: names }) : [];
    return applied.map((migration) => migration.name);
  } finally {
    await orm.close(true);
  }
}

/** Waits until the schema has all that this release needs, whoever brings it; a server that is away is waited for. */
export async function untilMigrated(ctx: Context, url: string, log: Logger): Promise<void> {
  await until(ctx, log, () => lackingOf(url));
}

/** Waits until the server of a database answers. Throws unavailable when ctx ends before. */
export async function untilReached(ctx: Context, url: string, log: Logger): Promise<void> {
  await until(ctx, log, async () => ((await lackingOf(url)) === away ? away : undefined));
}

async function until(ctx: Context, log: Logger, lacking: () => Promise<string | undefined>): Promise<void> {
  for (let said = ''; !ctx.cancelled; await pause(ctx, 500)) {
    const lacks = await lacking();
    if (lacks === undefined) return;
    if (lacks !== said) log.info({ lacks }, 'waiting');
    said = lacks;
  }
  throw new Fault('unavailable', `There was not in time: ${await lacking()}.`);
}

const away = 'the database';

async function lackingOf(url: string): Promise<string | undefined> {
  const client = new pg.Client({
    connectionString: url,
    connectionTimeoutMillis: 5_000,
    application_name: applicationName(),
  });
  client.on('error', () => {});
  try {
    await client.connect();
    const { rows } = await client.query<{ name: string }>('select name from migrations');
    const applied = new Set(rows.map(({ name }) => name));
    const lacks = migrations.filter(expands).find(({ name }) => !applied.has(name));
    return lacks && `migration ${lacks.name}`;
  } catch (error) {
    return error instanceof pg.DatabaseError && error.code === '42P01' ? 'the schema' : away;
  } finally {
    await client.end().catch(() => {});
  }
}

function expands({ contracts }: Migration): boolean {
  return contracts !== true;
}
