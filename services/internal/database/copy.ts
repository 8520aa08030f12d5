import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import pg from 'pg';
import { from as copyFrom, to as copyTo } from 'pg-copy-streams';
import type { Queryable } from './database.ts';
import { applicationName } from './release.ts';

/** Is a table and its columns, in the order in which its rows are copied. */
export interface Table {
  name: string;
  columns: string[];
}

/** Is a database at one moment, whatever is committed meanwhile; tables come after those that they refer to. */
export interface Still extends Queryable {
  tables: readonly Table[];
  /** Reads a table's rows in PostgreSQL's own text format; one table at a time. */
  rowsOf(table: Table): Readable;
}

/** Reads a database at one moment; nobody waits for it. */
export function readStill<T>(url: string, work: (still: Still) => Promise<T>): Promise<T> {
  return connected(url, async (client) => {
    await client.query('begin isolation level repeatable read read only');
    const { query } = queryableOf(client);
    const tables = await readTables(client);
    const rowsOf = (table: Table) => client.query(copyTo(`copy (select ${named(table)}) to stdout`));
    const result = await work({ query, tables, rowsOf });
    await client.query('commit');
    return result;
  });
}

/** Tells why a database may not be filled: undefined while it has no table, or ours with no account and no event. */
export function whyNotEmpty(url: string): Promise<string | undefined> {
  return connected(url, async (client) => {
    const tables = (await readTables(client)).map(({ name }) => name);
    if (tables.length === 0) return undefined;
    if (!tables.includes('accounts') || !tables.includes('heads')) return 'the database holds something else';
    const used = await client.query('select from accounts union all select from heads limit 1');
    return used.rowCount === 0 ? undefined : 'the database has accounts or events';
  });
}

/** Removes all tables, so that a schema of before can be made. */
export function removeTables(url: string): Promise<void> {
  return connected(url, async (client) => {
    await client.query('begin; drop schema public cascade; create schema public; commit');
  });
}

/** Puts rows in the place of whatever tables hold, and does what `last` does, all in one commit. */
export function fill<T>(
  url: string,
  tables: readonly Table[],
  { rowsOf, last }: { rowsOf: (table: Table) => Readable; last: (tx: Queryable) => Promise<T> },
): Promise<T> {
  return connected(url, async (client) => {
    await client.query('begin');
    await client.query(`truncate ${tables.map(({ name }) => pg.escapeIdentifier(name)).join(', ')} cascade`);
    for (const table of tables) {
      const into = `copy ${pg.escapeIdentifier(table.name)} (${columnsOf(table)}) from stdin`;
      await pipeline(rowsOf(table), client.query(copyFrom(into)));
    }
    await moveSequences(client);
    const result = await last(queryableOf(client));
    await client.query('commit');
    return result;
  });
}

async function connected<T>(url: string, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({
    connectionString: url,
    application_name: applicationName('snapshot'),
    keepAlive: true,
  });
  client.on('error', () => {}); // what was under way fails with it
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}

function queryableOf(client: pg.Client): Queryable {
  return {
    query: async <Row extends object>(sql: string, params: readonly unknown[] = []) =>
      (await client.query<Row>(sql, [...params])).rows,
  };
}

async function readTables(client: pg.Client): Promise<Table[]> {
  const { rows } = await client.query<Table & { parents: string[] }>(
    `select c.relname::text as name, array_agg(a.attname::text order by a.attnum) as columns,
       array(select distinct p.relname::text from pg_constraint f join pg_class p on p.oid = f.confrelid
         where f.conrelid = c.oid and f.contype = 'f' and p.oid <> c.oid) as parents
     from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped and a.attgenerated = ''
     where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p') and not c.relispartition
     group by c.oid, c.relname order by c.relname`,
  );
  const [sorted, left] = [[] as Table[], [...rows]];
  while (left.length > 0) {
    const at = left.findIndex(({ parents }) => !left.some(({ name }) => parents.includes(name)));
    for (const { name, columns } of left.splice(Math.max(at, 0), 1)) sorted.push({ name, columns });
  }
  return sorted;
}

// Rows bring the numbers that a sequence once gave them: it goes on after the last.
async function moveSequences(client: pg.Client): Promise<void> {
  const { rows } = await client.query<{ move: string }>(
    `select format('select setval(%L, coalesce(max(%I), 0) + 1, false) from %I', sequence, column_name, table_name) as move
     from information_schema.columns, pg_get_serial_sequence(quote_ident(table_name), column_name) as sequence
     where table_schema = 'public' and sequence is not null`,
  );
  for (const { move } of rows) await client.query(move);
}

function named(table: Table): string {
  return `${columnsOf(table)} from ${pg.escapeIdentifier(table.name)}`;
}

function columnsOf({ columns }: Table): string {
  return columns.map((column) => pg.escapeIdentifier(column)).join(', ');
}
