import { backfillEvent } from '#internal/backups/backfill.ts';
import { readProviderNames, readWanted, setPlan } from '#internal/backups/plan.ts';
import { openDatabase } from '#internal/database/database.ts';
import { databaseSettings } from '#internal/database/settings.ts';
import { type Environment, readSettings } from '#internal/env/env.ts';
import { openCommandLog } from '#internal/log/log.ts';

/** Says where an event's second copies go, and how long they stay once it is closed. */
export interface PlanOptions {
  event: string;
  /** Is `default`, `none`, or names of providers with commas. */
  to: string;
  /** Is a number of days, 0 for ever; the installation's default unless told. */
  keepDays: number | undefined;
  tell: (line: string) => void;
}

/** Sets an event's plan and lets its photos go where they are not yet. Returns 0, or 2 when there is no such event or place. */
export async function plan(env: Environment, { event, to, keepDays, tell }: PlanOptions): Promise<number> {
  const { DATABASE_URL } = readSettings(databaseSettings, env);
  await using database = await openDatabase({ url: DATABASE_URL, poolSize: 1, log: openCommandLog('backup') });
  const providers = providersOf(to);
  const known = await readProviderNames(database);
  const unknown = providers?.filter((name) => !known.includes(name)) ?? [];
  if (unknown.length > 0)
    return refuse(tell, `no running target knows ${unknown.join(', ')}; there are: ${known.join(', ')}`);
  if (!(await setPlan(database, event, { providers, keepDays: keepDays ?? null })))
    return refuse(tell, `there is no event ${event}`);
  const due = await backfillEvent(database, event);
  const places = (await readWanted(database, event)).join(', ') || 'nowhere';
  tell(`event ${event}: second copies go to ${places}; ${due} photos are due`);
  return 0;
}

function providersOf(to: string): string[] | null {
  if (to === 'default') return null;
  return to === 'none' ? [] : to.split(',').map((name) => name.trim());
}

function refuse(tell: (line: string) => void, why: string): number {
  tell(why);
  return 2;
}
