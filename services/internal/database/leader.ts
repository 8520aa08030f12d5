import pg from 'pg';
import { applicationName } from './release.ts';

/** Is held while this process leads; `lost` settles when the connection that carries the lock ends. */
export interface Leadership extends AsyncDisposable {
  readonly lost: Promise<void>;
}

/** Tries to take a session advisory lock on a connection of its own; undefined while another process holds it. */
export async function tryLead(url: string, lock: number): Promise<Leadership | undefined> {
  const client = new pg.Client({
    connectionString: url,
    application_name: applicationName(`leader ${lock}`),
    keepAlive: true,
  });
  const lost = new Promise<void>((resolve) => client.once('end', resolve).once('error', () => resolve()));
  await client.connect();
  const answer = await client.query<{ led: boolean }>('select pg_try_advisory_lock($1) as led', [lock]);
  if (answer.rows[0]?.led === true) return { lost, [Symbol.asyncDispose]: () => client.end() };
  await client.end();
  return undefined;
}
