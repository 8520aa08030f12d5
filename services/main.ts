/**
 * kilat serve | migrate | owner-link | verify | rerender | backup | restore | snapshot | env | version
 *
 * The only file that reads the process and ends it: targets get what they may know of it handed down.
 */
import { parseArgs } from 'node:util';
import { RenditionName } from '@kilat/contract';
import { mintOwnerLink } from '#internal/auth/ownerlink.ts';
import { openDatabase } from '#internal/database/database.ts';
import { migrate, untilMigrated, untilReached } from '#internal/database/migrate.ts';
import { databaseSettings } from '#internal/database/settings.ts';
import { readSettings, SettingsError, settingsTable } from '#internal/env/env.ts';
import { openCommandLog } from '#internal/log/log.ts';
import { contextOf } from '#internal/process/context.ts';
import manifest from './package.json' with { type: 'json' };
import { plan } from './plan.ts';
import { rerender } from './rerender.ts';
import { restoreFromBackup } from './restore.ts';
import { serve, serveSettings } from './serve.ts';
import * as snapshot from './snapshot.ts';
import { loadTarget, parseTargets, targetNames } from './targets.ts';
import { restore, verify } from './verify.ts';

const usage = `Usage: kilat <command>
  serve --target=<${targetNames.join('|')}>[,…]   run targets until SIGTERM
  migrate [--expand]   bring the database's schema up to date; --expand: only as far as the
                 release before still works, as soon as the server is there; what takes
                 away from another release waits until none is connected, at most 10 minutes
  migrate --wait   wait until another process has done so as far as this release needs it; at most 10 minutes
  owner-link     print a one-time sign-in link of the owner; earlier unused ones end
  verify --event=…|--all [--json]   read every original again, and the journal; name what is not as it should be
  rerender --event=…|--all [--missing=xlarge] [--failed] [--json]   render photos anew, after the live ones; failed ones too
  restore        begin a new epoch after the database was put back to an earlier point
  backup --event=… --to=<providers>|none|default [--keep-days=…]   say where an event's second copies go, and how long they stay
  restore --event=… [--from=<provider>] [--json]   bring lost originals back from their second copies, each proved
  snapshot create --to=…     write database, bucket and secret into a folder, while all goes on
  snapshot check --from=…    read a snapshot to its end and compare it with its sums
  snapshot restore --from=…  restore one into an empty place, begin a new epoch, verify all
  env --target=… print the settings of targets: name, default, meaning
  version        print the version`;

// A pod whose schema does not come fails, is started again, and is seen.
const waitMs = 600_000;

interface Values {
  action?: string | undefined;
  expand?: boolean | undefined;
  wait?: boolean | undefined;
  target?: string | undefined;
  event?: string | undefined;
  all?: boolean | undefined;
  from?: string | undefined;
  to?: string | undefined;
  'keep-days'?: string | undefined;
  missing?: string | undefined;
  failed?: boolean | undefined;
  json?: boolean | undefined;
}

const commands: Record<string, (values: Values) => Promise<number>> = {
  serve: async ({ target }) => serve(namesOf(target, process.env), process.env, stopSignal(), onCrash),
  migrate: async ({ expand, wait }) => {
    const { DATABASE_URL } = readSettings(databaseSettings, process.env);
    const log = openCommandLog('migrate');
    if (wait === true) {
      await untilMigrated(contextOf(AbortSignal.any([stopSignal(), AbortSignal.timeout(waitMs)])), DATABASE_URL, log);
      return 0;
    }
    // It may have been started together with the server.
    if (expand === true) await untilReached(contextOf(AbortSignal.timeout(waitMs)), DATABASE_URL, log);
    const applied = await migrate(DATABASE_URL, log, { only: expand ? 'expand' : undefined });
    process.stdout.write(applied.length > 0 ? `applied ${applied.join(', ')}\n` : 'the schema is up to date\n');
    return 0;
  },
  'owner-link': async () => {
    const { DATABASE_URL } = readSettings(databaseSettings, process.env);
    await using database = await openDatabase({
      url: DATABASE_URL,
      poolSize: 1,
      log: openCommandLog('owner-link'),
    });
    process.stdout.write(`${await mintOwnerLink(database)}\n`);
    return 0;
  },
  verify: async ({ event, all = false, json = false }) => {
    if (all === (event !== undefined)) throw new UsageError('verify takes --event=… or --all');
    return verify(process.env, { ...{ event, json, signal: stopSignal() }, ...outputs });
  },
  rerender: async ({ event, all = false, missing, failed = false, json = false }) => {
    if (all === (event !== undefined)) throw new UsageError('rerender takes --event=… or --all');
    const options = { event, missing: renditionOf(missing), failed, json, signal: stopSignal() };
    return rerender(process.env, { ...options, ...outputs });
  },
  backup: async ({ event, to, 'keep-days': days }) => {
    if (event === undefined || to === undefined) throw new UsageError('backup takes --event=… and --to=…');
    return plan(process.env, { event, to, keepDays: daysOf(days), ...outputs });
  },
  restore: async ({ event, from, json = false }) => {
    if (event !== undefined)
      return restoreFromBackup(process.env, { ...{ event, from, json, signal: stopSignal() }, ...outputs });
    process.stdout.write(`${await restore(process.env)}\n`);
    return 0;
  },
  snapshot: async ({ action, to, from }) => {
    const folder = action === 'create' ? to : from;
    if (folder === undefined || !['create', 'check', 'restore'].includes(action ?? ''))
      throw new UsageError('snapshot takes create --to=…, check --from=… or restore --from=…');
    const options = { ...outputs, folder, signal: stopSignal() };
    if (action === 'create') return snapshot.create(process.env, manifest.version, options);
    return action === 'check' ? snapshot.check(options) : snapshot.restore(process.env, options);
  },
  env: async ({ target }) => {
    const targets = await Promise.all(namesOf(target).map(loadTarget));
    process.stdout.write(
      `${settingsTable(Object.assign({}, serveSettings, ...targets.map(({ settings }) => settings)))}\n`,
    );
    return 0;
  },
  version: async () => {
    process.stdout.write(`${manifest.version}\n`);
    return 0;
  },
};

class UsageError extends Error {}

const outputs = {
  print: (line: string) => void process.stdout.write(`${line}\n`),
  tell: (line: string) => void process.stderr.write(`${line}\n`),
};

function namesOf(target: string | undefined, env?: NodeJS.ProcessEnv) {
  const names = target === undefined ? undefined : parseTargets(target, env);
  if (names === undefined) throw new UsageError(`--target takes ${targetNames.join(', ')}, or all`);
  return names;
}

function renditionOf(missing: string | undefined): RenditionName | undefined {
  if (missing === undefined) return undefined;
  const { data } = RenditionName.safeParse(missing);
  if (data === undefined) throw new UsageError(`--missing takes ${RenditionName.options.join(', ')}`);
  return data;
}

function daysOf(text: string | undefined): number | undefined {
  if (text !== undefined && !/^\d{1,5}$/.test(text)) throw new UsageError('--keep-days takes a number of days');
  return text === undefined ? undefined : Number(text);
}

function stopSignal(): AbortSignal {
  const stop = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stop.abort(signal));
  return stop.signal;
}

// What it has in hand is in an unknown state: others take it over. What fails meanwhile is no news.
function onCrash(tell: (error: unknown) => Promise<void>): void {
  let isTold = false;
  process.on('uncaughtException', (error) => {
    if (isTold) return;
    isTold = true;
    void tell(error).finally(() => process.exit(1));
  });
}

async function run(): Promise<number> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      target: { type: 'string' },
      event: { type: 'string' },
      all: { type: 'boolean' },
      from: { type: 'string' },
      to: { type: 'string' },
      'keep-days': { type: 'string' },
      missing: { type: 'string' },
      failed: { type: 'boolean' },
      json: { type: 'boolean' },
      expand: { type: 'boolean' },
      wait: { type: 'boolean' },
      help: { type: 'boolean', short: 'h' },
    },
  });
  const command = commands[positionals[0] ?? ''];
  if (command !== undefined && values.help !== true) return command({ ...values, action: positionals[1] });
  process.stdout.write(`${usage}\n`);
  return values.help === true ? 0 : 2;
}

try {
  process.exitCode = await run();
} catch (error) {
  const known = error instanceof SettingsError || error instanceof UsageError;
  process.stderr.write(`kilat: ${known ? error.message : error instanceof Error ? error.stack : String(error)}\n`);
  process.exitCode = known ? 2 : 1;
}
// Drivers may keep idle sockets a while: what had to end has ended.
process.exit();
