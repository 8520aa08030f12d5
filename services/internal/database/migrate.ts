import pg from 'pg';
import type { Logger } from '../log/log.ts';
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

const migrationsList = [
  { name: 'm0001_initial', class: M0001Initial },
  { name: 'm0002_safety', class: M0002Safety },
  { name: 'm0003_recovery', class: M0003Recovery },
  { name: 'm0004_renditions', class: M0004Renditions },
  { name: 'm0005_backfills', class: M0005Backfills },
  { name: 'm0006_backups', class: M0006Backups },
  { name: 'm0007_notifications', class: M0007Notifications },
  { name: 'm0008_failures', class: M0008Failures },
  { name: 'm0009_tries', class: M0009Tries },
];
// Any constant does, as long as every replica that migrates takes the same lock.
const migrationLock = 7_304_115_001;

/** Names the migrations that this code has, in their order. */
export function knownMigrations(): string[] {
  return migrationsList.map(({ name }) => name);
}

/** Brings the schema up to date, or to one migration, one process at a time; returns the names of what it applied. */
export async function migrate(url: string, log: Logger, to?: string): Promise<string[]> {
  const lock = new pg.Client({ connectionString: url });
  await lock.connect();
  try {
    await lock.query('select pg_advisory_lock($1)', [migrationLock]);
    return await apply(url, log, to);
  } finally {
    await lock.end();
  }
}

async function apply(url: string, log: Logger, to: string | undefined): Promise<string[]> {
  const orm = await initOrm({ url, poolSize: 2, log }, migrationsList);
  try {
    const applied = await orm.migrator.up(to === undefined ? undefined : { to });
    return applied.map((migration) => migration.name);
  } finally {
    await orm.close(true);
  }
}
