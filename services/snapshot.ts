import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import * as z from 'zod';
import { authSettings } from '#internal/auth/settings.ts';
import { databaseSettings } from '#internal/database/settings.ts';
import { type Environment, readSettings } from '#internal/env/env.ts';
import { Fault } from '#internal/fault/fault.ts';
import { openCommandLog } from '#internal/log/log.ts';
import { openObjects } from '#internal/objects/objects.ts';
import { objectSettings, objectsOptions } from '#internal/objects/settings.ts';
import { type Archive, readArchive } from '#internal/snapshots/archive.ts';
import { type CopyProgress, createSnapshot } from '#internal/snapshots/create.ts';
import { proveArchive } from '#internal/snapshots/prove.ts';
import { checkPlace, restoreSnapshot } from '#internal/snapshots/restore.ts';
import { paced, runLong, type Teller } from './longrun.ts';
import { verify } from './verify.ts';

/** Says which folder holds the snapshot, and where to tell of it. */
export interface SnapshotOptions extends Teller {
  folder: string;
  print: (line: string) => void;
}

const settings = {
  ...databaseSettings,
  ...objectSettings,
  KILAT_SECRET: authSettings.KILAT_SECRET,
  KILAT_INSTANCE_FILE: z
    .string()
    .optional()
    .describe('file in which one machine keeps its installation: goes along and comes back'),
};
// Two at once would write the same files; any constant does, as long as every snapshot takes it.
const snapshotLock = 7_304_115_010;

/**
 * Writes a snapshot of database, bucket and secret into a folder while the installation goes on. Returns 0 when all is in it,
 * 1 when the bucket lacks objects that photos name, 2 when it could not come to its end.
 */
export async function create(env: Environment, version: string, options: SnapshotOptions): Promise<number> {
  const config = readSettings(settings, env);
  const [folder, url] = [resolve(options.folder), config.DATABASE_URL];
  const install = { secret: config.KILAT_SECRET, instance: await readInstance(config.KILAT_INSTANCE_FILE) };
  return run(options, url, async () => {
    await using objects = openObjects(objectsOptions(config));
    const onProgress = progressTo(options.tell, 'copied');
    const deps = { url, objects, folder, version, install, signal: options.signal, onProgress };
    const { events, photos, missing, objects: copied } = await createSnapshot(deps);
    for (const key of missing) options.print(`object_missing ${key}`);
    options.tell(`${folder}: ${photos} photos of ${events} events, ${copied.count} objects, ${mb(copied.bytes)} MB`);
    options.tell('It holds the secret of this installation: keep it where only you can read it.');
    return missing.length === 0 ? 0 : 1;
  });
}

/** Reads a snapshot to its end and compares it with its sums. Returns 0, or 2 for one that is damaged. */
export async function check(options: SnapshotOptions): Promise<number> {
  return refusable(options, async () => {
    const { manifest } = await proved(options);
    options.tell(`all is well: made ${manifest.created_at} by Kilat ${manifest.version}, ${manifest.photos} photos`);
    return 0;
  });
}

/**
 * Restores a snapshot into an empty database and an empty bucket, begins a new epoch and verifies all. Returns what verifying
 * returns, or 2 when it could not come to its end: the same command then goes on.
 */
export async function restore(env: Environment, options: SnapshotOptions): Promise<number> {
  const config = readSettings(settings, env);
  const { DATABASE_URL: url, KILAT_SECRET: secret, KILAT_INSTANCE_FILE: instanceFile, S3_SYNC_FOLDER: folder } = config;
  const [log, signal] = [openCommandLog('snapshot'), options.signal];
  const restored = await run(options, url, async () => {
    await using objects = openObjects(objectsOptions(config));
    const onProgress = progressTo(options.tell, 'restored');
    const deps = { url, objects, secret, instanceFile, folder, log, signal, onProgress };
    await checkPlace(deps, await readArchive(resolve(options.folder)));
    const { epoch, stages } = await restoreSnapshot(deps, await proved(options));
    options.tell(`epoch ${epoch} begins; ${stages} stages are due anew. Verifying ...`);
    return 0;
  });
  return restored === 0 ? verify(env, { ...options, event: undefined, json: false }) : restored;
}

async function proved({ folder, signal, tell }: SnapshotOptions): Promise<Archive> {
  const archive = await readArchive(resolve(folder));
  const onProgress = paced(tell, ({ bytes, total }: { bytes: number; total: number }) => {
    return `checked ${mb(bytes)} of ${mb(total)} MB`;
  });
  await proveArchive(archive, signal, onProgress);
  return archive;
}

function run(options: SnapshotOptions, url: string, work: () => Promise<number>): Promise<number> {
  const long = { target: 'snapshot', name: 'snapshot', url, poolSize: 1, lock: snapshotLock };
  return runLong(options, long, () => refusable(options, work));
}

// A refusal has nothing to go on with: the same command would be refused again.
async function refusable({ tell }: Teller, work: () => Promise<number>): Promise<number> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof Fault && error.kind === 'invalid')) throw error;
    tell(error.message);
    return 2;
  }
}

async function readInstance(file: string | undefined): Promise<unknown> {
  return file === undefined ? null : JSON.parse(await readFile(file, 'utf8'));
}

function progressTo(tell: (line: string) => void, done: string) {
  return paced(tell, ({ objects, total, bytes }: CopyProgress, seconds) => {
    return `${done} ${objects} of ${total} objects, ${(bytes / 1e6 / seconds).toFixed(1)} MB/s`;
  });
}

function mb(bytes: number): number {
  return Math.round(bytes / 1e6);
}
