import type pg from 'pg';
import manifest from '../../package.json' with { type: 'json' };
import { Fault } from '../fault/fault.ts';
import type { Logger } from '../log/log.ts';
import { type Context, pause } from '../process/context.ts';

const release = `kilat/${manifest.version}`;

/** Names a connection after the release that holds it, and what it is for if it is no pool's. */
export function applicationName(use?: string): string {
  return use === undefined ? release : `${release} ${use}`;
}

/**
 * Waits until no process of another release is connected to the database of `client`. Throws unavailable when ctx ends
 * before; `takenAway` then tells what it waited for.
 */
export async function untilAlone(ctx: Context, client: pg.Client, log: Logger, takenAway: string): Promise<void> {
  for (let said = ''; ; await pause(ctx, 500)) {
    const others = await otherReleases(client);
    if (others === '') return;
    if (ctx.cancelled) {
      const why = `still connected is ${others}, which may need what ${takenAway} takes away`;
      throw new Fault('unavailable', `Nothing was applied: ${why}. End it, then migrate again.`);
    }
    if (others !== said) log.info({ others }, 'waiting until no other release is connected');
    said = others;
  }
}

// A release from before connections were named after theirs is another one too.
async function otherReleases(client: pg.Client): Promise<string> {
  const { rows } = await client.query<{ name: string }>(
    `select distinct split_part(application_name, ' ', 1) as name from pg_stat_activity
     where datname = current_database() and (application_name = 'kilat' or application_name like 'kilat/%')
       and split_part(application_name, ' ', 1) <> $1 order by name`,
    [release],
  );
  return rows.map(({ name }) => name).join(', ');
}
